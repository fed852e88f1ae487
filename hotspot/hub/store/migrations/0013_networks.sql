-- What a hall's Wi-Fi is called: for posters and vouchers, which nobody but the town can say.

CREATE TABLE networks (
    hall_id integer NOT NULL REFERENCES halls,
    zone text NOT NULL,
    ssid text NOT NULL,
    password text,                                              -- as it stands on the poster; NULL: an open network
    address text NOT NULL,                                      -- of the visitors' page: 'http://portal.hall.example/'
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,                                   -- as in the audit log
    PRIMARY KEY (hall_id, zone)
);
