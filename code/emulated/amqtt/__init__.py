"""In the place of amqtt, in a reader's page: brokers in memory."""
