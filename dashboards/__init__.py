"""What people look at: Dash pages over a folder of runs; reads it, takes no lock, works offline."""
