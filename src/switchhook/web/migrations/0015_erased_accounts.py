"""The audit log of an account that is gone may go with it; all other entries are kept for a year, as before."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SQLITE = """
CREATE TRIGGER audit_entry_is_kept BEFORE DELETE ON audit_entry
WHEN OLD.at_ms > (julianday('now') - 2440587.5 - 365) * 86400000
    AND (OLD.account_id IS NULL OR EXISTS (SELECT 1 FROM account WHERE account.id = OLD.account_id))
BEGIN SELECT RAISE(ABORT, 'the audit log is kept for a year'); END
"""
POSTGRESQL = """
CREATE FUNCTION audit_entry_stays_with_account() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF OLD.account_id IS NULL OR EXISTS (SELECT 1 FROM account WHERE account.id = OLD.account_id) THEN
        RAISE EXCEPTION 'the audit log is not changed, and kept for a year';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER audit_entry_is_kept BEFORE DELETE ON audit_entry FOR EACH ROW
WHEN (OLD.at_ms > (extract(epoch FROM now()) - 365 * 86400) * 1000)
EXECUTE FUNCTION audit_entry_stays_with_account();
"""


def forwards(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    on_sqlite = schema_editor.connection.vendor == "sqlite"
    schema_editor.execute("DROP TRIGGER audit_entry_is_kept" + ("" if on_sqlite else " ON audit_entry"))
    schema_editor.execute(SQLITE if on_sqlite else POSTGRESQL, params=None)


class Migration(migrations.Migration):
    dependencies = [("web", "0014_body_retention")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
