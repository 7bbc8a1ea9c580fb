"""What the tests share: blogs, browsers, servers, judges."""
