"""Smart meters as a third party sees them: SunSpec registers on Modbus TCP, and signed frames.

A fleet holds the registers of every meter and answers for them, over sockets or in memory; frames
carry the counters through a link, and the head-end decides which of them count.
"""
