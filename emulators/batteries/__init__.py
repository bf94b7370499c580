"""Home batteries as the operator reaches them: authenticated set-points over the downlink."""
