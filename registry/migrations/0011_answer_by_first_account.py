"""What hangs on a further account of a person hangs on their first one: who somebody is, is one step away."""

from typing import Any

from django.db import migrations


def answer_by_first_account(apps: Any, schema_editor: Any) -> None:
    """Machines made for a further account before that was refused would count as somebody else."""
    rows = apps.get_model("registry", "User").objects.filter(responsible__responsible__isnull=False)
    for account in rows.select_related("responsible"):
        account.responsible_id = account.responsible.responsible_id
        account.save(update_fields=["responsible"])


class Migration(migrations.Migration):
    dependencies = [("registry", "0010_tokens_with_second_factor")]
    operations = [migrations.RunPython(answer_by_first_account, migrations.RunPython.noop)]
