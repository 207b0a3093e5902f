"""Access that is revoked: of people, and of tracking links."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint


class Migration(migrations.Migration):
    dependencies = [("waybill", "0009_imports")]

    initial = False

    operations = [
        ops.CreateModel(
            name="RevokedAccessRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("principal", fields.CharField(unique=True, max_length=80)),
                ("not_before", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "revoked_access", "app": "waybill", "pk_attr": "id"},
            bases=["Row"],
        ),
        ops.AddField(
            model_name="TrackingLinkRow",
            name="revoked_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddConstraint(
            model_name="TrackingLinkRow",
            constraint=UniqueConstraint(
                fields=("revoked_at", "id"), name="tracking_links_revoked", condition="revoked_at IS NOT NULL"
            ),
        ),
    ]
