"""Rows of uploads."""

from tortoise import fields

from domain.kernel.rows import Row


class UploadRow(Row):
    """A file that was sent, whole; in the database, so that every server reaches it."""

    filename = fields.CharField(max_length=200, description="What its sender calls it.")
    media_type = fields.CharField(max_length=100, description="What sort of file it says it is.")
    content = fields.BinaryField(description="Its bytes.")
    size = fields.IntField(description="How many bytes.")
    sha256 = fields.CharField(max_length=64, description="Their SHA-256, in hex.")
    created_by = fields.CharField(max_length=80, description="Who sent it.")
    created_at = fields.DatetimeField(description="When it came.")
    is_forgotten = fields.BooleanField(default=False, description="Whether its bytes are gone.")
    expires_at = fields.DatetimeField(db_index=True, description="Until when its bytes are kept.")

    class Meta:
        table = "uploads"
