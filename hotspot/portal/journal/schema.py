"""Tables of the journal. ``MIGRATIONS[n]`` takes a file from ``user_version`` n to n + 1; they are only ever added to."""

VOUCHERS = """
    CREATE TABLE voucher_batches (      -- codes are derived from the key
        number INTEGER PRIMARY KEY,
        key TEXT NOT NULL,              -- 32 hex digits
        plan TEXT NOT NULL,
        count INTEGER NOT NULL,
        devices INTEGER NOT NULL,       -- of one code
        valid REAL NOT NULL,            -- seconds from the first use
        not_before REAL,
        not_after REAL,
        note TEXT NOT NULL,
        created_at REAL NOT NULL,
        created_by TEXT NOT NULL,
        created_uid INTEGER,
        withdrawn_at REAL,
        withdrawn_by TEXT NOT NULL,
        withdrawn_uid INTEGER
    );
    CREATE TABLE voucher_tickets (      -- what is known of a code that was used or withdrawn
        batch INTEGER NOT NULL,
        "index" INTEGER NOT NULL,
        first_at REAL,
        boot_id TEXT NOT NULL,
        ends_boottime REAL NOT NULL,    -- CLOCK_BOOTTIME of boot_id
        ends_at REAL NOT NULL,          -- wall clock
        left REAL NOT NULL,             -- seconds, when this row was written; 0: over
        devices TEXT NOT NULL,          -- JSON: pseudonym -> bytes of ended sessions; empty when the code is over
        withdrawn_at REAL,
        withdrawn_by TEXT NOT NULL,
        withdrawn_uid INTEGER,
        PRIMARY KEY (batch, "index")
    ) WITHOUT ROWID;
    ALTER TABLE sessions ADD COLUMN voucher TEXT NOT NULL DEFAULT '';   -- batch and index, never the code; '' after the retention time
    """

FEEDBACK = """
    CREATE TABLE feedback (             -- messages to the town, for staff and hub; nothing that names a client
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,        -- random: a commit that is repeated makes no second message
        at REAL NOT NULL,
        zone TEXT NOT NULL,
        kind TEXT NOT NULL,             -- idea, complaint, damage
        language TEXT NOT NULL,         -- of the page that it was written on
        place TEXT NOT NULL,
        text TEXT NOT NULL,
        contact TEXT NOT NULL,          -- only what the visitor wanted to say
        fetched_at REAL,                -- by the hub
        done_at REAL,                   -- by staff
        done_by TEXT NOT NULL DEFAULT ''
    );
    """

TERMS = """
    CREATE TABLE terms (                -- every text that somebody was asked to accept
        digest TEXT PRIMARY KEY,        -- SHA-256 of version, language and text
        version TEXT NOT NULL,
        language TEXT NOT NULL,
        text TEXT NOT NULL,
        since REAL NOT NULL             -- wall clock: accepted for the first time
    ) WITHOUT ROWID;
    CREATE TABLE acceptances_of_terms ( -- one session may accept two versions: with a voucher code, while it is in progress
        session TEXT NOT NULL,
        terms_version TEXT NOT NULL,
        language TEXT NOT NULL,         -- of the page
        accepted_at REAL NOT NULL,
        digest TEXT NOT NULL,           -- of the text, in terms; '': accepted before texts were kept
        PRIMARY KEY (session, terms_version)
    ) WITHOUT ROWID;
    INSERT INTO acceptances_of_terms SELECT session, terms_version, language, accepted_at, '' FROM acceptances;
    DROP TABLE acceptances;
    ALTER TABLE acceptances_of_terms RENAME TO acceptances;
    ALTER TABLE sessions ADD COLUMN terms_digest TEXT NOT NULL DEFAULT '';
    """

UPLINK = """
    DROP TABLE outbox;                  -- a row for each session: the hub gets sums
    ALTER TABLE sessions RENAME COLUMN reported TO told;    -- 1: its beginning is in the tally, 2: its end too
    ALTER TABLE sessions ADD COLUMN told_up INTEGER NOT NULL DEFAULT 0;     -- bytes of it that are in the tally
    ALTER TABLE sessions ADD COLUMN told_down INTEGER NOT NULL DEFAULT 0;
    UPDATE sessions SET told = iif(ended_at IS NULL, 1, 2), told_up = bytes_up, told_down = bytes_down;     -- before there was a tally
    CREATE TABLE streams (              -- one for each start of the portal
        stream TEXT PRIMARY KEY,
        start INTEGER NOT NULL,         -- the how-manieth
        seq INTEGER NOT NULL DEFAULT 0, -- of its last report
        tally TEXT NOT NULL             -- JSON: what was counted and is in no report yet; '': the stream is over
    ) WITHOUT ROWID;
    CREATE TABLE reports (              -- for the hub: sums by quarter of an hour, nothing that names a client
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        stream TEXT NOT NULL,
        seq INTEGER NOT NULL,
        closed_at REAL NOT NULL,        -- wall clock
        body TEXT NOT NULL,             -- JSON, as it is sent, but for messages to the town: they are added when it is
        sent INTEGER NOT NULL DEFAULT 0,        -- 1: the hub may have it, so it stays as it is
        taken_at REAL,                  -- the hub has it; kept for a while, in case that the hub is restored from a backup
        refused TEXT NOT NULL DEFAULT '',       -- why the hub will never take it
        UNIQUE (stream, seq)
    );
    CREATE INDEX reports_waiting ON reports (number) WHERE taken_at IS NULL AND refused = '';
    CREATE INDEX reports_refused ON reports (number) WHERE refused <> '';
    CREATE TABLE visitors_today (       -- which devices have come; the key of the pseudonyms is in meta until the day is over
        pseudonym TEXT PRIMARY KEY,
        day TEXT NOT NULL
    ) WITHOUT ROWID;
    ALTER TABLE feedback ADD COLUMN report TEXT NOT NULL DEFAULT '';        -- stream and seq of the report that takes it to the hub
    """

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        zone TEXT NOT NULL,
        mac TEXT,                       -- NULL after the retention time
        plan TEXT NOT NULL,
        terms_version TEXT NOT NULL,
        language TEXT NOT NULL,
        family TEXT NOT NULL,
        accepted_at REAL NOT NULL,      -- wall clock, as all *_at
        seconds REAL NOT NULL,
        boot_id TEXT NOT NULL,
        ends_boottime REAL NOT NULL,    -- CLOCK_BOOTTIME of boot_id
        ends_at REAL NOT NULL,
        volume INTEGER,
        idle REAL,
        bytes_up INTEGER NOT NULL,
        bytes_down INTEGER NOT NULL,
        state TEXT NOT NULL,
        ended_at REAL,
        reason TEXT NOT NULL,
        reported INTEGER NOT NULL DEFAULT 0   -- 1: its outbox row was made
    ) WITHOUT ROWID;
    CREATE INDEX sessions_known ON sessions (ended_at) WHERE mac IS NOT NULL;

    CREATE TABLE acceptances (          -- the proof that terms were accepted; no client
        session TEXT PRIMARY KEY,
        terms_version TEXT NOT NULL,
        language TEXT NOT NULL,
        accepted_at REAL NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE blocks (
        zone TEXT NOT NULL,
        mac TEXT NOT NULL,
        reason TEXT NOT NULL,
        since REAL NOT NULL,
        until REAL,
        PRIMARY KEY (zone, mac)
    ) WITHOUT ROWID;

    CREATE TABLE outbox (               -- for the hub: one row per ended session, nothing that names a client
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        ended_at REAL NOT NULL,
        zone TEXT NOT NULL,
        plan TEXT NOT NULL,
        language TEXT NOT NULL,
        family TEXT NOT NULL,
        bytes_up INTEGER NOT NULL,
        bytes_down INTEGER NOT NULL,
        seconds INTEGER NOT NULL,
        reason TEXT NOT NULL
    );

    CREATE TABLE meta (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE sessions ADD COLUMN slow_after INTEGER;
    ALTER TABLE sessions ADD COLUMN volume_base INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sessions ADD COLUMN rates TEXT;              -- as last asked of the firewall, JSON
    ALTER TABLE sessions ADD COLUMN until_boottime REAL;     -- closing time or the day's allowance, as ends_*
    ALTER TABLE sessions ADD COLUMN until_at REAL;
    ALTER TABLE sessions ADD COLUMN until_reason TEXT NOT NULL DEFAULT '';
    ALTER TABLE sessions ADD COLUMN day_volume INTEGER;
    ALTER TABLE sessions ADD COLUMN day_seconds REAL NOT NULL DEFAULT 0;
    ALTER TABLE sessions ADD COLUMN day_bytes INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sessions ADD COLUMN extended INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sessions ADD COLUMN by_staff INTEGER NOT NULL DEFAULT 0;

    CREATE TABLE allowances (           -- what ended sessions used today; the key of the pseudonyms is in meta until the day is over
        pseudonym TEXT PRIMARY KEY,
        day TEXT NOT NULL,
        seconds REAL NOT NULL,
        bytes INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE blocklist (            -- who blocked what, when and why; removing is written into the row, which stays
        number INTEGER PRIMARY KEY,
        zone TEXT,                      -- NULL: every zone
        domain TEXT,
        network TEXT,
        service TEXT,
        reason TEXT NOT NULL,
        case_number TEXT NOT NULL,
        added_at REAL NOT NULL,
        added_by TEXT NOT NULL,
        added_uid INTEGER,
        until REAL,
        removed_at REAL,
        removed_by TEXT NOT NULL,
        removed_uid INTEGER,
        removed_reason TEXT NOT NULL
    );
    CREATE TRIGGER blocklist_is_kept BEFORE DELETE ON blocklist
    BEGIN SELECT raise(ABORT, 'rows of the block list are kept'); END;
    CREATE TRIGGER blocklist_is_not_rewritten BEFORE UPDATE ON blocklist
    WHEN old.removed_at IS NOT NULL OR (old.zone, old.domain, old.network, old.service, old.reason, old.case_number, old.added_at,
        old.added_by, old.added_uid, old.until) IS NOT (new.zone, new.domain, new.network, new.service, new.reason, new.case_number,
        new.added_at, new.added_by, new.added_uid, new.until)
    BEGIN SELECT raise(ABORT, 'rows of the block list are not rewritten'); END;
    """,
    VOUCHERS,
    FEEDBACK,
    TERMS,
    UPLINK,
)
