"""The links between meters and operator as SimPy channels: late, twice, or never.

`LinkNetwork` carries payloads it does not look into. What a technology does to them is data
(`catalogue.yaml`): delay, airtime, bursts of loss, retransmission, silence.
"""
