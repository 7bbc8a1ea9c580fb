"""The errors of amqtt that programs catch."""


class AMQTTError(Exception):
    """Report an error of the protocol."""


class BrokerError(Exception):
    """Report a broker that does not start."""
