"""What the manual's pages are made with: tables read off the engine, and a place where its commands are tried."""
