"""A decision names its system; it may be about a step of the system itself, which has no model version."""

import django.db.models.deletion
from django.db import migrations, models


def name_the_system(apps, schema_editor):
    for decision in apps.get_model("governance", "Decision").objects.select_related("model_version__model"):
        decision.system_id = decision.model_version.model.system_id
        decision.save(update_fields=["system"])


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0002_initial"),
        ("registry", "0002_ledger_append_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="decision",
            name="system",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to="registry.system",
            ),
        ),
        migrations.RunPython(name_the_system, migrations.RunPython.noop),
    ]
