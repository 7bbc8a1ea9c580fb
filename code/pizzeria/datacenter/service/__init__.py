"""The reservation service, without a server: the recipe, HTTP, the house behind the counter, its stores."""
