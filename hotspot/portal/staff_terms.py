"""What staff may see of the terms: which texts were accepted, since when, how often. Nobody can see by whom."""

from hotspot import control
from hotspot.portal.journal import JournalUnavailable
from hotspot.portal.office import Office

_COUNTS = (
    "SELECT terms_version, digest, count(*), min(accepted_at) FROM acceptances "
    "GROUP BY terms_version, digest ORDER BY min(accepted_at), terms_version, digest"
)


async def terms(office: Office, request: control.TermsAccepted) -> control.TermsAre | control.Refused:
    """All texts, or with their words those of one version and language."""
    try:
        counted = await office.journal.read(_COUNTS)
    except JournalUnavailable as error:
        return control.Refused("journal", str(error))
    counts = {digest: count for _, digest, count, _ in counted if digest}
    now = office.settings.terms
    in_force = {office.register.terms.shown(now, language, 0.0).digest for language in now.text}
    rows = [
        control.TermsRow(version, language="", digest="", since=since, acceptances=count, in_force=False)
        for version, digest, count, since in counted
        if not digest
    ]
    whole = bool(request.version or request.language)
    rows += [
        control.TermsRow(
            version=one.version,
            language=one.language,
            digest=one.digest,
            since=one.since,
            acceptances=counts.get(one.digest, 0),
            in_force=one.digest in in_force,
            text=one.text if whole else None,
        )
        for one in office.register.terms.known
    ]
    if not whole:
        return control.TermsAre(tuple(rows))
    found = tuple(row for row in rows if (row.version, row.language) == (request.version, request.language))
    if not found:
        why = f"version = {request.version!r}, language = {request.language!r}: nobody has accepted such a text here"
        return control.Refused("unknown", why)
    return control.TermsAre(found)
