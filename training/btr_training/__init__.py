"""Turns temperature recordings, real or simulated, into risk models that people can check.

The way of the data: ``data`` reads recordings, ``groups`` says which belong to one experiment, ``simulate`` makes
more, ``windows`` cuts and labels them, ``model`` and ``train`` fit the network, ``onnx_graph`` writes it as one file,
``replay`` and ``evaluate`` judge that file through the very code that runs in Home Assistant.
"""
