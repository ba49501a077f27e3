/**
 * The inventory without owners: every command is one transaction, and stock is guarded by an atomic `update`. The pattern
 * that most shops use, on the same tables and with the same laws.
 *
 * Why it exists: it is what Jaego's owners are measured against, so it is meant to be a good one: prepared statements,
 * statements sent together where no answer is needed between them, row locks taken as late as they can be, in one order.
 * It is also the shortest true description of what each command does.
 *
 * Law: as the port's. Several processes may share a database this way; memory holds nothing.
 * Limits: WAITING_MAX commands at a time. Fails: `Unavailable`: mailbox-full, database, hold-lapsed.
 */
import { PgClient } from "@effect/sql-pg"
import { Clock, Effect, Layer } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { type Unavailable, unavailable } from "../../../ports/failures.ts"
import { Ids } from "../../../ports/ids.ts"
import { type Answer, type Claim, type Command, Inventory, Refused } from "../../../ports/inventory.ts"
import { Ledger, type LedgerDown } from "../../../ports/ledger.ts"
import { knownKeyOf } from "../rows.ts"
import { outcomeOf, stateOf } from "../sql-failure.ts"
import * as Commands from "./commands.ts"
import * as Endings from "./endings.ts"
import * as Orders from "./orders.ts"
import { known, knownIn } from "./statements.ts"
import * as Transaction from "./transaction.ts"

/** Far more than connections can serve in the time a caller waits. */
const WAITING_MAX = 8_192

/** How often a command is tried that met others on its way. */
const TRIES_MAX = 5

const UNIQUE_VIOLATION = "23505"
/** Deadlock and serialisation failure: the transaction was rolled back so that another could go on. */
const STEPPED_ASIDE = ["40P01", "40001"]

const perform = (desk: Commands.Desk, command: Command): Commands.Coming => {
  switch (command._tag) {
    case "CreateProduct":
      return Commands.create(desk, command)
    case "Receive":
      return Commands.receive(desk, command)
    case "Adjust":
      return Commands.adjust(desk, command)
    case "ReadStock":
      return Commands.readStock(desk, command.productId)
    case "PlaceOrder":
      return Orders.place(desk, command)
    case "HoldTentatively":
      return Orders.hold(desk, command)
    case "EndHolds":
      return Endings.endHolds(desk, command)
    default:
      return Orders.change(desk, command)
  }
}

/** The key that a command binds. */
const claimOf = (command: Command): Claim | null =>
  "claim" in command && command._tag !== "RecordPayment" ? command.claim : null

/** The stored answer, or a refusal if the key is bound to another request; null: it is not bound. */
const replay: (desk: Commands.Desk, claim: Claim) => Effect.Effect<Answer | null, SqlError | Refused> =
  Effect.fnUntraced(function* ({ sql }, claim) {
    const { parameters, sql: text } = known(claim)
    const rows = yield* sql.unsafe(text, parameters).values
    const found = knownIn(rows)
    if (found === undefined) return null
    const { fingerprint, reply } = knownKeyOf(found)
    if (fingerprint !== claim.fingerprint) return yield* Effect.fail(new Refused({ _tag: "KeyReused", key: claim.key }))
    return { reply, replayed: true }
  })

type Outcome = Effect.Effect<Answer | null, SqlError | LedgerDown | Refused | Unavailable>

type Attempt = (desk: Commands.Desk, command: Command) => Outcome

const carryOut: Attempt = Effect.fnUntraced(function* (desk, command) {
  const came = yield* perform(desk, command)
  const claim = claimOf(command)
  switch (came._tag) {
    case "Answered":
      return { reply: came.reply, replayed: false }
    case "Bound":
      return yield* replay(desk, claim!)
    case "Refused": {
      // Its key may be bound, by a time when it was not to be refused.
      const stored = claim === null ? null : yield* replay(desk, claim)
      return stored ?? (yield* Effect.fail(new Refused(came.rejection)))
    }
    case "Again":
      return null
    case "NotNow":
      return yield* Effect.fail(unavailable(came.reason))
  }
})

/** One try; null: try again. */
const attempt: Attempt = (desk, command) =>
  carryOut(desk, command).pipe(
    Effect.catchTag("SqlError", (error): Outcome => {
      const state = stateOf(error) ?? ""
      const claim = claimOf(command)
      if (state === UNIQUE_VIOLATION && claim !== null) return replay(desk, claim)
      if (STEPPED_ASIDE.includes(state)) return Effect.succeed(null)
      // Another constraint has fired: we asked for what may not be.
      return state.startsWith("23") ? Effect.die(error) : Effect.fail(error)
    }),
  )

const submit = Effect.fnUntraced(function* (desk: Commands.Desk, command: Command) {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const answer = yield* attempt(desk, command)
    if (answer !== null) return answer
  }
  return yield* Effect.fail(unavailable("database"))
})

const notNow = (error: SqlError | LedgerDown | Refused | Unavailable): Effect.Effect<never, Refused | Unavailable> => {
  if (error._tag === "LedgerDown") return Effect.fail(unavailable("database"))
  if (error._tag !== "SqlError") return Effect.fail(error)
  return Effect.fail(unavailable("database", outcomeOf(error) === "unknown" ? "unknown" : "undecided"))
}

export const layer: Layer.Layer<Inventory, never, PgClient.PgClient | Ledger | Ids> = Layer.effect(
  Inventory,
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const desk: Commands.Desk = {
      sql: yield* PgClient.PgClient,
      transact: yield* Transaction.make,
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
          return submit(desk, command).pipe(
            Effect.catch(notNow),
            Effect.ensuring(Effect.sync(() => waiting--)),
            Effect.uninterruptible,
          )
        }),
    }
  }),
)
