import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import switchhook.web.integrations.models
import switchhook.web.services.models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('pk', models.CompositePrimaryKey('delivery_id', 'number', blank=True, editable=False, primary_key=True, serialize=False)),
                ('number', models.IntegerField()),
                ('engine_id', models.UUIDField(null=True)),
                ('started_at_ms', models.BigIntegerField()),
                ('duration_ms', models.IntegerField()),
                ('status', models.IntegerField(null=True)),
                ('problem', models.TextField()),
                ('verdict', models.TextField()),
                ('request', models.TextField()),
                ('answer', models.TextField()),
            ],
            options={
                'db_table': 'attempt',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='ConnectionState',
            fields=[
                ('connection_id', models.UUIDField(primary_key=True, serialize=False)),
                ('owner', models.UUIDField(null=True)),
                ('state', models.TextField()),
                ('since_ms', models.BigIntegerField()),
                ('detail', models.TextField()),
                ('last_message_at_ms', models.BigIntegerField(null=True)),
                ('messages', models.BigIntegerField()),
                ('reconnects', models.IntegerField()),
                ('unclaimed', models.IntegerField()),
            ],
            options={
                'db_table': 'connection_state',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('account_id', models.UUIDField()),
                ('integration_id', models.UUIDField()),
                ('service_id', models.UUIDField(null=True)),
                ('event_type', models.TextField()),
                ('order_key', models.TextField()),
                ('sequence', models.IntegerField()),
                ('state', models.TextField()),
                ('attempts', models.IntegerField()),
                ('tried', models.BooleanField()),
                ('manual', models.BooleanField()),
                ('owner', models.UUIDField(null=True)),
                ('next_attempt_at_ms', models.BigIntegerField(null=True)),
                ('created_at_ms', models.BigIntegerField()),
                ('expires_at_ms', models.BigIntegerField()),
                ('finished_at_ms', models.BigIntegerField(null=True)),
                ('last_status', models.IntegerField(null=True)),
                ('last_problem', models.TextField()),
                ('is_test', models.BooleanField()),
            ],
            options={
                'db_table': 'delivery',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Engine',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('host', models.TextField()),
                ('pid', models.IntegerField()),
                ('started_at_ms', models.BigIntegerField()),
                ('heartbeat_at_ms', models.BigIntegerField()),
            ],
            options={
                'db_table': 'engine',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Errand',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('account_id', models.UUIDField(null=True)),
                ('kind', models.TextField()),
                ('state', models.TextField()),
                ('args', models.TextField()),
                ('result', models.TextField()),
                ('owner', models.UUIDField(null=True)),
                ('asked_by', models.UUIDField(null=True)),
                ('created_at_ms', models.BigIntegerField()),
                ('finished_at_ms', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table': 'errand',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('account_id', models.UUIDField()),
                ('service_id', models.UUIDField(null=True)),
                ('type', models.TextField()),
                ('at_ms', models.BigIntegerField()),
                ('accepted_at_ms', models.BigIntegerField()),
                ('order_key', models.TextField()),
                ('sequence', models.IntegerField()),
                ('call_uuid', models.UUIDField(null=True)),
                ('native_call_id', models.TextField()),
                ('source_number', models.TextField()),
                ('source_tail', models.TextField()),
                ('destination_number', models.TextField()),
                ('destination_tail', models.TextField()),
                ('extension_number', models.TextField()),
                ('fields', models.TextField()),
                ('unwanted_reason', models.TextField()),
                ('is_test', models.BooleanField()),
            ],
            options={
                'db_table': 'event',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Gap',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('connection_id', models.UUIDField()),
                ('begin_ms', models.BigIntegerField()),
                ('end_ms', models.BigIntegerField()),
                ('reason', models.TextField()),
                ('partial_calls', models.IntegerField()),
            ],
            options={
                'db_table': 'gap',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='InboxRequest',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('inbox_id', models.UUIDField()),
                ('at_ms', models.BigIntegerField()),
                ('method', models.TextField()),
                ('url', models.TextField()),
                ('headers', models.TextField()),
                ('body', models.BinaryField()),
                ('body_truncated', models.BooleanField()),
                ('answered_status', models.IntegerField()),
            ],
            options={
                'db_table': 'inbox_request',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('time_zone', models.CharField(default='UTC', max_length=60)),
                ('allowed_networks', models.JSONField(blank=True, default=list)),
                ('call_expiry_seconds', models.PositiveIntegerField(default=86400)),
                ('user_expiry_seconds', models.PositiveIntegerField(default=259200)),
                ('retention_days', models.PositiveIntegerField(default=30)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'db_table': 'account',
            },
        ),
        migrations.CreateModel(
            name='ConfigurationVersion',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('version', models.BigIntegerField(default=0)),
            ],
            options={
                'db_table': 'configuration_version',
            },
        ),
        migrations.CreateModel(
            name='Connection',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('platform', models.CharField(choices=[('asterisk', 'Asterisk or FreePBX (AMI)'), ('freeswitch', 'FreeSWITCH or FusionPBX (ESL)'), ('simulator', 'Simulated PBX')], default='asterisk', max_length=20)),
                ('host', models.CharField(default='127.0.0.1', max_length=255)),
                ('port', models.PositiveIntegerField(default=5038)),
                ('tls', models.BooleanField(default=False)),
                ('username', models.CharField(blank=True, max_length=120)),
                ('secret_sealed', models.TextField(blank=True)),
                ('calls_per_minute', models.FloatField(default=12.0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'db_table': 'connection',
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.CharField(blank=True, max_length=120)),
                ('is_active', models.BooleanField(default=True)),
                ('is_staff', models.BooleanField(default=False)),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'db_table': 'person',
            },
        ),
        migrations.CreateModel(
            name='Inbox',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('answer_status', models.PositiveSmallIntegerField(default=200)),
                ('answer_delay_ms', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='inboxes', to='web.account')),
            ],
            options={
                'db_table': 'inbox',
            },
        ),
        migrations.CreateModel(
            name='Service',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('friendly_name', models.CharField(blank=True, max_length=120)),
                ('tenant_key', models.CharField(blank=True, max_length=120)),
                ('applications_enabled', models.BooleanField(default=False)),
                ('trunks', models.JSONField(blank=True, default=list)),
                ('trunk_contexts', models.JSONField(blank=True, default=switchhook.web.services.models.default_trunk_contexts)),
                ('extensions', models.JSONField(blank=True, default=switchhook.web.services.models.default_extensions)),
                ('menus', models.JSONField(blank=True, default=switchhook.web.services.models.default_menus)),
                ('intake_token_hash', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='services', to='web.account')),
                ('connection', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='services', to='web.connection')),
            ],
            options={
                'db_table': 'service',
            },
        ),
        migrations.CreateModel(
            name='PbxUser',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('extension_number', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=120)),
                ('outbound_phone_number', models.CharField(blank=True, max_length=40)),
                ('has_voicemail', models.BooleanField(default=False)),
                ('enabled_calls', models.JSONField(blank=True, default=list)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='users', to='web.service')),
            ],
            options={
                'db_table': 'pbx_user',
            },
        ),
        migrations.CreateModel(
            name='Integration',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('event_type', models.CharField(choices=switchhook.web.integrations.models.event_type_choices, max_length=60)),
                ('request_url', models.TextField()),
                ('path_arguments', models.TextField(blank=True)),
                ('method', models.CharField(choices=[('POST', 'POST'), ('GET', 'GET')], default='POST', max_length=4)),
                ('format', models.CharField(choices=[('JSON', 'JSON'), ('QUERY', 'QUERY')], default='JSON', max_length=5)),
                ('authentication_type', models.CharField(choices=[('none', 'None'), ('basic', 'Basic Auth'), ('token', 'Token')], default='none', max_length=5)),
                ('username', models.CharField(blank=True, max_length=255)),
                ('password_sealed', models.TextField(blank=True)),
                ('token_sealed', models.TextField(blank=True)),
                ('token_prefix', models.CharField(blank=True, default='Bearer', max_length=40)),
                ('token_header', models.CharField(default='Authorization', max_length=80)),
                ('headers', models.JSONField(blank=True, default=list)),
                ('body_keys', models.JSONField(blank=True, default=list)),
                ('signing_secrets', models.JSONField(blank=True, default=list)),
                ('timeout_seconds', models.FloatField(default=15.0)),
                ('max_in_flight', models.PositiveSmallIntegerField(default=8)),
                ('expiry_seconds', models.PositiveIntegerField(blank=True, null=True)),
                ('enabled', models.BooleanField(default=True)),
                ('disabled_reason', models.TextField(blank=True)),
                ('disabled_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='integrations', to='web.account')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='integrations', to='web.service')),
            ],
            options={
                'db_table': 'integration',
            },
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('admin', 'Admin'), ('viewer', 'Viewer')], default='admin', max_length=10)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='web.account')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'member',
                'constraints': [models.UniqueConstraint(fields=('account', 'person'), name='member_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='service',
            constraint=models.UniqueConstraint(fields=('account', 'name'), name='service_name_once'),
        ),
        migrations.AddConstraint(
            model_name='pbxuser',
            constraint=models.UniqueConstraint(fields=('service', 'extension_number'), name='extension_once'),
        ),
    ]
