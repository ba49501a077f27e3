/** Advisory locks, by number: the same in every build, in the database's own lock space. */

/** Its holder owns the lanes (`lease.ts`); tables change only in its hands (`migrations.ts`). */
export const LEASE_LOCK = "456784176495"

/** Its holder brings the facts out (`outbox.ts`). */
export const RELAY_LOCK = "491327873401"

/** Held to the end of each transaction that makes tables or functions. */
export const SCHEMA_LOCK = "495589025133"
