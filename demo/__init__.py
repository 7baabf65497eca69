"""The demonstration: a broker, two simulated devices and a real Home Assistant, started by one command.

The devices are programs of their own (``python -m demo.battery_node``, ``python -m demo.bath``) that know nothing but
their broker, so that any other program with the same options can take their place. The package imports neither Home
Assistant nor the integration.
"""
