"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

from registry.ledger import safety

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")

application = get_wsgi_application()
safety.refuse_unsafe()
