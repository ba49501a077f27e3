/** Every limit of the inventory, with its unit and its reason (I12). */

/** Decisions in one commit: larger batches gain little and make everyone in them wait for the whole. */
export const BATCH_SIZE_MAX = 512

/**
 * Rows in one commit: 512 orders of a hundred lines are 200,000, which would keep everyone in it, and behind it, waiting for
 * seconds. PostgreSQL writes some 40 a millisecond: so many take 200 ms.
 */
export const BATCH_ROWS_MAX = 8_192

/** Commands one product or order has under way; more are refused. Above what one commit a second could ever drain politely. */
export const ADMITTED_PER_PRODUCT_MAX = 8_192

/** Commands one worker has under way: bounds its memory to some tens of megabytes. */
export const ADMITTED_PER_WORKER_MAX = 65_536

/** Products kept in memory by one worker; idle ones leave beyond it. About 400 bytes each. */
export const RESIDENT_PRODUCTS_MAX = 1_000_000

/** Orders, hold sets and customer counts kept in memory by one worker; settled ones leave beyond it. */
export const RESIDENT_ORDERS_MAX = 50_000
export const RESIDENT_UNITS_MAX = 100_000

/** A tentative hold lapses after this (ms): far longer than an acceptance takes, short for a buyer who waits. */
export const TENTATIVE_MS = 5_000

/** Deadlines are read from the ledger this far ahead (milliseconds), and read again at half of it. */
export const DEADLINE_HORIZON_MS = 30_000

/** Deadlines kept in memory by one worker; the rest waits in the ledger. */
export const DEADLINES_MAX = 50_000

/** Keys read at a time when an owner starts: some milliseconds of its thread a page. */
export const KEYS_PAGE = 5_000

/**
 * Commands of a volley that are under way: a commit, and the next one. More would come to the worker as thousands in one turn of its
 * loop, in which it hears of no commit.
 */
export const VOLLEY_AT_ONCE = 2 * BATCH_SIZE_MAX

/** After a lost commit answer callers wait this long for the truth (ms); then they are answered to come back. */
export const UNKNOWN_PATIENCE_MS = 5_000

/** A command is answered at the latest after this (ms): a line to the database that falls silent (10 s), and then the truth. */
export const COMMAND_PATIENCE_MS = 15_000

/** How often it is looked for commands that have waited too long (ms): so much later they may be answered. */
export const PATIENCE_LOOK_MS = 1_000

/** How the limits must relate, whatever their figures; looked at when the module is loaded. */
const RELATIONS: ReadonlyArray<readonly [holds: boolean, sentence: string]> = [
  [16 * BATCH_SIZE_MAX <= BATCH_ROWS_MAX, "a batch of orders of a line or two must not be cut for its rows"],
  [BATCH_SIZE_MAX <= ADMITTED_PER_PRODUCT_MAX, "the commands of one hot product must be able to fill a batch"],
  [UNKNOWN_PATIENCE_MS < COMMAND_PATIENCE_MS, "the truth about a commit must be waited for"],
  [ADMITTED_PER_PRODUCT_MAX < ADMITTED_PER_WORKER_MAX, "one hot product must leave its worker room for others"],
]

for (const [holds, sentence] of RELATIONS) if (!holds) throw new Error(`limits do not fit together: ${sentence}`)
