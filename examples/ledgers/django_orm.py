"""A ledger with the Django ORM, to copy: `Invite`, `Use`, `Group` and `Ban` go into your models.

Its verbs take part in a `transaction.atomic()` of yours: claim, make the member, settle. SQLite
needs `"OPTIONS": {"transaction_mode": "IMMEDIATE"}`; other databases lock the invite's row.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Count, F, Max, Q, UniqueConstraint

from passphrase.ledger import Claim, Ticket, Uses

Id = int | UUID


class Invite(models.Model):
    """One row an invite, which is locked while its uses are counted."""

    fingerprint = models.CharField(primary_key=True, max_length=22)
    revoked = models.BooleanField(default=False)

    class Meta:
        app_label = "ledger"


class Use(models.Model):
    """Ids are text: BigIntegerField ends at 2^63. `until` is NULL once a use is settled."""

    fingerprint = models.CharField(max_length=22)
    viewer = models.CharField(max_length=36)
    until = models.FloatField(null=True)

    class Meta:
        app_label = "ledger"
        constraints = (UniqueConstraint(fields=("fingerprint", "viewer"), name="one_use"),)


class Group(models.Model):
    """How often a group has reset its invites."""

    id = models.CharField(primary_key=True, max_length=36)
    generation = models.BigIntegerField(default=0)

    class Meta:
        app_label = "ledger"


class Ban(models.Model):
    """Who is kept out of a group."""

    group = models.CharField(max_length=36)
    viewer = models.CharField(max_length=36)

    class Meta:
        app_label = "ledger"
        constraints = (UniqueConstraint(fields=("group", "viewer"), name="one_ban"),)


def lock(fingerprint: str) -> None:
    """Make the invite's row unless it exists, and lock it until the transaction ends."""
    Invite.objects.get_or_create(fingerprint=fingerprint)
    Invite.objects.select_for_update().get(fingerprint=fingerprint)


class DjangoLedger:
    """Threads can share one: Django has a connection for each."""

    @transaction.atomic
    def claim(self, ticket: Ticket, viewer_id: Id, now: datetime, until: datetime) -> Claim:
        if now >= ticket.expires_at:
            return Claim.EXPIRED
        lock(ticket.fingerprint)
        if refused := ticket.refusal(self.uses(ticket, viewer_id, now)):
            return refused
        # A lapsed claim that stayed would be held again when a clock steps back.
        Use.objects.filter(fingerprint=ticket.fingerprint, until__lte=now.timestamp()).delete()
        own = {"fingerprint": ticket.fingerprint, "viewer": str(viewer_id)}
        Use.objects.update_or_create(**own, defaults={"until": until.timestamp()})
        return Claim.CLAIMED

    @transaction.atomic
    def settle(self, ticket: Ticket, viewer_id: Id, now: datetime) -> bool:
        lock(ticket.fingerprint)
        known = self.uses(ticket, viewer_id, now)
        if ticket.may_settle(known):
            own = Use.objects.filter(fingerprint=ticket.fingerprint, viewer=str(viewer_id))
            own.update(until=None)
            return True
        return known.own == "settled"

    def give_back(self, ticket: Ticket, viewer_id: Id) -> None:
        own = Use.objects.filter(fingerprint=ticket.fingerprint, viewer=str(viewer_id))
        own.filter(until__isnull=False).delete()

    def revoke(self, fingerprint: str) -> None:
        Invite.objects.update_or_create(fingerprint=fingerprint, defaults={"revoked": True})

    @transaction.atomic
    def reset(self, group_id: Id) -> int:
        Group.objects.get_or_create(id=str(group_id))
        Group.objects.filter(id=str(group_id)).update(generation=F("generation") + 1)
        return int(Group.objects.get(id=str(group_id)).generation)

    def ban(self, group_id: Id, viewer_id: Id) -> None:
        Ban.objects.get_or_create(group=str(group_id), viewer=str(viewer_id))

    def unban(self, group_id: Id, viewer_id: Id) -> None:
        Ban.objects.filter(group=str(group_id), viewer=str(viewer_id)).delete()

    def uses(self, ticket: Ticket, viewer_id: Id, now: datetime) -> Uses:
        viewer, group = str(viewer_id), str(ticket.group_id)
        settled, pending = Q(until__isnull=True), Q(until__gt=now.timestamp())
        own = Q(viewer=viewer)
        cases = {
            "settled": settled,
            "pending": pending,
            "joined": own & settled,
            "held": own & pending,
        }
        counts = {name: Count("pk", filter=case) for name, case in cases.items()}
        known = Use.objects.filter(fingerprint=ticket.fingerprint).aggregate(**counts)
        return Uses(
            known["settled"],
            known["pending"],
            "settled" if known["joined"] else "pending" if known["held"] else None,
            Invite.objects.filter(fingerprint=ticket.fingerprint, revoked=True).exists(),
            Ban.objects.filter(group=group, viewer=viewer).exists(),
            Group.objects.filter(id=group).aggregate(n=Max("generation"))["n"] or 0,
        )

    def close(self) -> None:
        connection.close()
