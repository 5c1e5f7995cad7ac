-- Tenants, groups, users that keys act as, scopes, templates and the policy; and all that a key can say about itself.

ALTER TABLE tenants ADD COLUMN settings text NOT NULL DEFAULT '{}';
ALTER TABLE tenants ADD COLUMN created_by text NOT NULL DEFAULT 'keyward';
ALTER TABLE tenants ADD COLUMN generation bigint NOT NULL DEFAULT 0;
UPDATE tenants SET settings = '{"name":"default","prefix":"kw","docs":"","presentations":"bearer raw basic rest_api_key x_api_key query cookie extra","headers":"","schemes":"","all_access":"reasoned"}';

-- What administrators keep besides keys and tenants. The settings are a JSON object of texts.
CREATE TABLE entries (
    id          text   NOT NULL CONSTRAINT entries_pk PRIMARY KEY,
    kind        text   NOT NULL,
    tenant      text   NOT NULL,
    name        text   NOT NULL,
    settings    text   NOT NULL,
    created_at  bigint NOT NULL,
    created_by  text   NOT NULL,
    disabled_at bigint,
    generation  bigint NOT NULL,
    CONSTRAINT entries_name UNIQUE (kind, tenant, name)
);

-- Tenants and entries alike.
CREATE VIEW registry AS
    SELECT id, 'tenants' AS kind, '' AS tenant, name, settings, created_at, created_by, CAST(NULL AS bigint) AS disabled_at, generation FROM tenants
    UNION ALL
    SELECT id, kind, tenant, name, settings, created_at, created_by, disabled_at, generation FROM entries;

ALTER TABLE keys ADD COLUMN group_id text;
ALTER TABLE keys ADD COLUMN subject_id text;
ALTER TABLE keys ADD COLUMN role text NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN metadata text NOT NULL DEFAULT '{}';
ALTER TABLE keys ADD COLUMN addresses text NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN limits text NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN quota text NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN all_access_reason text NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN form text NOT NULL DEFAULT 'token';
ALTER TABLE keys ADD COLUMN purpose text NOT NULL DEFAULT 'ordinary';
ALTER TABLE keys ADD COLUMN signed_writes text NOT NULL DEFAULT 'optional';
ALTER TABLE keys ADD COLUMN off_at bigint;
ALTER TABLE keys ADD COLUMN off_by text;
ALTER TABLE keys ADD COLUMN rotated_from text;
CREATE INDEX keys_by_owner ON keys (owner);
CREATE INDEX keys_by_group ON keys (group_id);

-- What is left of a key's quota in a period, counted in blocks that nodes take.
CREATE TABLE quotas (
    key_id text   NOT NULL,
    period bigint NOT NULL,
    used   bigint NOT NULL,
    CONSTRAINT quotas_pk PRIMARY KEY (key_id, period)
);

-- The latest refusals, without secrets. The facts are a JSON object.
CREATE TABLE refusals (
    request_id text   NOT NULL CONSTRAINT refusals_pk PRIMARY KEY,
    at         bigint NOT NULL,
    key_id     text   NOT NULL,
    code       text   NOT NULL,
    facts      text   NOT NULL
);
CREATE INDEX refusals_by_time ON refusals (at);
CREATE INDEX refusals_by_key ON refusals (key_id, at);

INSERT INTO entries (id, kind, tenant, name, settings, created_at, created_by, generation) VALUES
    ('policy0000000000', 'policy', '', 'policy', '{"min_days":"7","max_days":"365","never":"forbidden","keys_per_owner":"5","presentations":"bearer raw basic rest_api_key x_api_key query cookie extra","probes":"forbidden"}', 0, 'keyward', 0),
    ('scope0public0000', 'scopes', '', 'public', '{"name":"public","sentence":"Opens everything but Keyward itself.","read":"","write":"","risk":"high","gate":"open","opened":""}', 0, 'keyward', 0),
    ('scope0guests0000', 'scopes', '', 'guests', '{"name":"guests","sentence":"What visitors may do without an account.","read":"See what visitors may see.","write":"Register a visit.","risk":"low","gate":"open","opened":""}', 0, 'keyward', 0),
    ('scope0bookings00', 'scopes', '', 'bookings', '{"name":"bookings","sentence":"Rooms and desks: see, make and cancel bookings.","read":"See bookings.","write":"Make, change and cancel bookings.","risk":"medium","gate":"open","opened":""}', 0, 'keyward', 0),
    ('scope0calendar00', 'scopes', '', 'calendar', '{"name":"calendar","sentence":"The calendars of rooms.","read":"See what is on in a room.","write":"Put meetings into a room''s calendar.","risk":"medium","gate":"open","opened":""}', 0, 'keyward', 0),
    ('scope0spaces0000', 'scopes', '', 'spaces', '{"name":"spaces","sentence":"Buildings, floors and rooms.","read":"See buildings, floors and rooms.","write":"Change buildings, floors and rooms.","risk":"low","gate":"open","opened":""}', 0, 'keyward', 0),
    ('scope0maps000000', 'scopes', '', 'maps', '{"name":"maps","sentence":"Floor plans and what is on them.","read":"See floor plans.","write":"Change floor plans.","risk":"low","gate":"open","opened":""}', 0, 'keyward', 0),
    ('scope0people0000', 'scopes', '', 'people', '{"name":"people","sentence":"Names and whereabouts of people.","read":"Find people on a map.","write":"Change what is known of people.","risk":"high","gate":"open","opened":""}', 0, 'keyward', 0),
    ('scope0devices000', 'scopes', '', 'devices', '{"name":"devices","sentence":"Screens, lights and doors.","read":"See the state of devices.","write":"Switch devices and open doors.","risk":"high","gate":"gated","opened":""}', 0, 'keyward', 0),
    ('template0booking', 'templates', '', 'Booking Panel', '{"name":"Booking Panel","description":"The screen beside a meeting room''s door: shows what is on and books the room on the spot.","required":"bookings calendar.read spaces.read","optional":"devices guests.write"}', 0, 'keyward', 0),
    ('template00mapkio', 'templates', '', 'Map Kiosk', '{"name":"Map Kiosk","description":"The map in the lobby: finds rooms, desks and, if granted, people.","required":"maps.read spaces.read","optional":"bookings.read people.read"}', 0, 'keyward', 0);
