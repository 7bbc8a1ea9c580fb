"""What a reader's page has in the place of a network: an MQTT broker that exists only in its memory.

Here are modules under the names of the real ones (``aiomqtt``, ``amqtt``), with the part of their interface that posts
use. In the page's Python this folder is on the import path, nowhere else; blocks that depend on it are marked so.
"""
