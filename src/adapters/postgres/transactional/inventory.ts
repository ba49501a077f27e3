/**
 * The inventory without owners: every command is one transaction, and a guard keeps transactions from selling the same
 * units. The pattern that most shops use, on the same tables and with the same laws.
 *
 * Why it exists: under the guard `atomic` it is what Jaego's owners are measured against, so it is meant to be a good one:
 * prepared statements, statements sent together where no answer is needed between them, row locks taken as late as they
 * can be, in one order. The other guards show what each way to guard a hot row costs and keeps.
 *
 * Law: as the port's, as far as the guard keeps it. Several processes may share a database this way; memory holds nothing.
 * Limits: WAITING_MAX commands at a time. Fails: `Unavailable`: mailbox-full, database, hold-lapsed.
 */
import { PgClient } from "@effect/sql-pg"
import { Clock, Effect, Layer } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { type Unavailable, unavailable } from "../../../ports/failures.ts"
import { Ids } from "../../../ports/ids.ts"
import { type Answer, type Claim, type Command, Inventory, Refused } from "../../../ports/inventory.ts"
import { Ledger, type LedgerDown } from "../../../ports/ledger.ts"
import * as Pools from "../pools.ts"
import { knownKeyOf } from "../rows.ts"
import { outcomeOf, stateOf } from "../sql-failure.ts"
import * as Endings from "./endings.ts"
import type { Guard } from "./guard.ts"
import * as Orders from "./orders.ts"
import * as Products from "./products.ts"
import { known, knownIn } from "./statements.ts"
import * as Transaction from "./transaction.ts"
import type { Deps, Judged } from "./verdict.ts"

/** Far more than connections can serve in the time a caller waits. */
const WAITING_MAX = 8_192

const UNIQUE_VIOLATION = "23505"
/** Deadlock and serialisation failure: the transaction was rolled back so that another could go on. */
const VICTIM = ["40P01", "40001"]

const perform = (deps: Deps, command: Command): Judged => {
  switch (command._tag) {
    case "CreateProduct":
      return Products.create(deps, command)
    case "EditProduct":
      return Products.edit(deps, command)
    case "Receive":
      return Products.receive(deps, command)
    case "Adjust":
      return Products.adjust(deps, command)
    case "ReadStock":
      return Products.readStock(deps, command.productId)
    case "PlaceOrder":
      return Orders.place(deps, command)
    case "CheckLines":
      return Orders.check(deps, command)
    case "HoldTentatively":
      return Orders.hold(deps, command)
    case "EndHolds":
      return Endings.endHolds(deps, command)
    case "StartPayment":
    case "RecordPayment":
    case "CancelOrder":
    case "ExpireOrder":
    case "RecordRefund":
    case "RecordShipment":
    case "RecordDelivery":
      return Orders.change(deps, command)
  }
}

/** The key whose stored answer stands for this command's: none of a command that binds none, or settles one that is bound. */
const claimOf = (command: Command): Claim | null => {
  switch (command._tag) {
    case "CreateProduct":
    case "Receive":
    case "Adjust":
    case "PlaceOrder":
    case "CheckLines":
    case "HoldTentatively":
    case "StartPayment":
    case "CancelOrder":
      return command.claim
    case "RecordPayment":
    case "EditProduct":
    case "ReadStock":
    case "EndHolds":
    case "ExpireOrder":
    case "RecordRefund":
    case "RecordShipment":
    case "RecordDelivery":
      return null
  }
}

/** The stored answer, or a refusal if the key is bound to another request; null: it is not bound. */
const replay: (deps: Deps, claim: Claim) => Effect.Effect<Answer | null, SqlError | Refused> = Effect.fnUntraced(
  function* ({ sql }, claim) {
    const { parameters, sql: text } = known(claim)
    const rows = yield* sql.unsafe(text, parameters).values
    const found = knownIn(rows)
    if (found === undefined) return null
    const { fingerprint, reply } = knownKeyOf(found)
    if (fingerprint !== claim.fingerprint) return yield* Effect.fail(new Refused({ _tag: "KeyReused", key: claim.key }))
    return { reply, replayed: true }
  },
)

type Attempted = Effect.Effect<Answer | null, SqlError | LedgerDown | Refused | Unavailable>

type Attempt = (deps: Deps, command: Command) => Attempted

const carryOut: Attempt = Effect.fnUntraced(function* (deps, command) {
  const verdict = yield* perform(deps, command)
  const claim = claimOf(command)
  switch (verdict._tag) {
    case "Answered":
      return { reply: verdict.reply, replayed: false }
    case "Bound":
      return yield* replay(deps, claim!)
    case "Refused": {
      // Its key may be bound, by a time when it was not to be refused.
      const stored = claim === null ? null : yield* replay(deps, claim)
      return stored ?? (yield* Effect.fail(new Refused(verdict.rejection)))
    }
    case "Overtaken":
      return null
    case "NotNow":
      return yield* Effect.fail(unavailable(verdict.reason))
  }
})

/** One try; null: try again. */
const attempt: Attempt = (deps, command) =>
  carryOut(deps, command).pipe(
    Effect.catchTag("SqlError", (error): Attempted => {
      const state = stateOf(error) ?? ""
      const claim = claimOf(command)
      if (state === UNIQUE_VIOLATION && claim !== null) return replay(deps, claim)
      if (VICTIM.includes(state)) return Effect.succeed(null)
      // Another constraint has fired: we asked for what may not be.
      return state.startsWith("23") ? Effect.die(error) : Effect.fail(error)
    }),
  )

const submit = Effect.fnUntraced(function* (deps: Deps, command: Command) {
  for (let tries = 0; tries < deps.guard.triesMax; tries++) {
    const answer = yield* attempt(deps, command)
    if (answer !== null) return answer
  }
  return yield* Effect.fail(unavailable("database"))
})

const notNow = (error: SqlError | LedgerDown | Refused | Unavailable): Effect.Effect<never, Refused | Unavailable> => {
  if (error._tag === "LedgerDown") return Effect.fail(unavailable("database"))
  if (error._tag !== "SqlError") return Effect.fail(error)
  return Effect.fail(unavailable("database", outcomeOf(error) === "unknown" ? "unknown" : "undecided"))
}

/** `connections`: transactions at a time; a command beyond them waits. */
export const layer = (
  guard: Guard,
  connections = Pools.COMMANDS,
): Layer.Layer<Inventory, never, PgClient.PgClient | Ledger | Ids> =>
  Layer.effect(
    Inventory,
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const deps: Deps = {
        sql: yield* PgClient.PgClient,
        guard,
        transact: yield* Transaction.make(guard.begin, connections),
        ledger: yield* Ledger,
        nextId: (yield* Ids).next,
        now: () => clock.currentTimeMillisUnsafe(),
      }
      let waiting = 0
      return {
        submit: (command) =>
          Effect.suspend(() => {
            if (waiting >= WAITING_MAX) return Effect.fail(unavailable("mailbox-full"))
            waiting++
            return submit(deps, command).pipe(
              Effect.catch(notNow),
              Effect.ensuring(Effect.sync(() => waiting--)),
              Effect.uninterruptible,
            )
          }),
      }
    }),
  )
