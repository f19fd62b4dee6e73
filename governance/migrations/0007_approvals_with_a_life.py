"""An approval request names its system, and may be about a step of the system itself; votes have a life."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


def name_the_system(apps, schema_editor):
    for request in apps.get_model("governance", "ApprovalRequest").objects.select_related("model_version__model"):
        request.system_id = request.model_version.model.system_id
        request.save(update_fields=["system"])
    if schema_editor.connection.vendor == "postgresql":
        # The checks of foreign keys wait for the end of a transaction, and PostgreSQL changes no table meanwhile.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0006_reviews_due'),
        ('registry', '0007_name_committers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Condition',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveSmallIntegerField()),
                ('text', models.TextField()),
                ('due_on', models.DateField()),
                ('due_at', models.DateTimeField()),
                ('met_at', models.DateTimeField(null=True)),
                ('note', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['due_at', 'vote', 'number'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('developer', 'Developer'), ('data_steward', 'Data steward'), ('validator', 'Validator'), ('reviewer', 'Risk reviewer'), ('compliance_officer', 'Compliance officer'), ('approver', 'Business approver'), ('auditor', 'Auditor'), ('operator', 'Operator'), ('ci', 'CI')], max_length=30)),
                ('reason', models.TextField()),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('revoked_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-created_at'],
                'default_permissions': (),
            },
        ),
        migrations.RemoveConstraint(
            model_name='vote',
            name='one_vote_per_person',
        ),
        migrations.AddField(
            model_name='approvalrequest',
            name='system',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='approval_requests', to='registry.system'),
        ),
        migrations.RunPython(name_the_system, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='approvalrequest',
            name='system',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='approval_requests', to='registry.system'),
        ),
        migrations.AddField(
            model_name='vote',
            name='withdrawn_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='vote',
            name='withdrawn_why',
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name='approvalrequest',
            name='model_version',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='approval_requests', to='registry.modelversion'),
        ),
        migrations.AlterField(
            model_name='approvalrequest',
            name='requested_at',
            field=models.DateTimeField(),
        ),
        migrations.AlterField(
            model_name='approvalrequest',
            name='state',
            field=models.CharField(choices=[('open', 'Open'), ('rejected', 'Rejected'), ('changes_requested', 'Sent back with changes to make'), ('withdrawn', 'Withdrawn'), ('replaced', 'Replaced by a newer request'), ('expired', 'Expired'), ('used', 'Used')], default='open', max_length=20),
        ),
        migrations.AlterField(
            model_name='approvalrequest',
            name='to_stage',
            field=models.CharField(choices=[('problem_definition', 'Problem definition'), ('data_sourcing', 'Data sourcing'), ('feature_engineering', 'Feature engineering'), ('development', 'Development'), ('live', 'Live'), ('retired', 'Retired'), ('validation', 'Validation'), ('compliance', 'Compliance'), ('production', 'Production'), ('monitoring', 'Monitoring'), ('suspended', 'Suspended'), ('superseded', 'Superseded'), ('rejected', 'Rejected')], max_length=30),
        ),
        migrations.AlterField(
            model_name='vote',
            name='verdict',
            field=models.CharField(choices=[('approve', 'Approved'), ('reject', 'Rejected'), ('request_changes', 'Asked for changes')], max_length=20),
        ),
        migrations.AlterField(
            model_name='vote',
            name='voted_at',
            field=models.DateTimeField(),
        ),
        migrations.AddConstraint(
            model_name='approvalrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('model_version', None), ('state', 'open')), fields=('system', 'to_stage'), name='one_open_request_per_system_step'),
        ),
        migrations.AddField(
            model_name='condition',
            name='met_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='condition',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conditions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='condition',
            name='vote',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conditions', to='governance.vote'),
        ),
        migrations.AddField(
            model_name='delegation',
            name='delegate',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations_held', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='delegation',
            name='delegator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations_given', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='delegation',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to='registry.organisation'),
        ),
        migrations.AddField(
            model_name='delegation',
            name='system',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to='registry.system'),
        ),
        migrations.AddField(
            model_name='vote',
            name='delegation',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='governance.delegation'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('request', 'voter'), name='one_standing_vote_per_person'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('request', 'delegation'), name='one_standing_vote_per_delegation'),
        ),
        migrations.AddIndex(
            model_name='condition',
            index=models.Index(fields=['met_at', 'due_at'], name='condition_by_due_date'),
        ),
        migrations.AddConstraint(
            model_name='condition',
            constraint=models.UniqueConstraint(fields=('vote', 'number'), name='one_condition_per_number'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='delegation_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('delegate', models.F('delegator')), _negated=True), name='nobody_is_their_own_delegate'),
        ),
    ]
