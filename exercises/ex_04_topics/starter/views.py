"""The views that people ask for by name: for each its binding keys."""

VIEWS = {
    # TODO 4: everything that comes from the region eu
    "eu": [],
    # TODO 4: everything critical, from anywhere
    "critical": [],
    # TODO 4: the service db itself, in any region, but none of its parts
    "db": [],
    # TODO 4: the service db and all its parts, in any region
    "db-family": [],
    # TODO 4: parts of services only, such as db.replica or web.cache.disk, in any region
    "parts": [],
    # TODO 4: reports without a region
    "nowhere": [],
}
