/** Mutants of payment attempts and the money of an order. */
import { EIGHT_ROUNDS, type Mutant, ONE_ROUND } from "./load.ts"

const ORDER = "src/domain/order.ts"
const RULES = "src/domain/checkout.ts"
const RUNNER = "src/app/checkout-runner.ts"
const SWEEP = "src/app/checkout-sweep.ts"

export const CHECKOUT_MUTANTS: ReadonlyArray<Mutant> = [
  {
    name: "compensate on payment timeout",
    story: "an unknown outcome is taken as a no: the goods go back to the shelf, the money has gone",
    changes: [
      {
        file: "src/domain/checkout.ts",
        from: `case "Unknown":
      return WAIT`,
        to: `case "Unknown":
      return { _tag: "Record", what: { _tag: "RecordDecline", attempt, code: "timeout", retryable: false } }`,
      },
    ],
    caughtBy: "I14 money is what orders owe",
    seedsMax: ONE_ROUND,
  },
  {
    name: "new payment key on retry",
    story: "an unknown outcome is not looked up but charged again, under a key the provider cannot know",
    changes: [
      { file: RUNNER, from: `return meaning._tag === "Confirm" ? "confirm" : "read"`, to: `return "confirm"` },
      {
        file: RUNNER,
        from: "return payment.confirm(expiresAt, { key, ref, attempt",
        to: `asked.set(order.id, (asked.get(order.id) ?? 0) + 1)
      return payment.confirm(expiresAt, { key, ref: asked.get(order.id) === 1 ? ref : \`\${ref} again\`, attempt`,
      },
      { file: RUNNER, from: "const ask = (", to: "const asked = new Map<OrderId, number>()\nconst ask = (" },
    ],
    caughtBy: "I11 charged once",
    seedsMax: ONE_ROUND,
  },
  {
    name: "attempt not looked up after a crash",
    story: "no process takes up what a dead one left behind",
    changes: [
      {
        file: SWEEP,
        from: `    yield* run(order, isUntried ? "confirm" : "read", null)\n`,
        to: "",
      },
    ],
    caughtBy: "everything comes to an end",
    seedsMax: ONE_ROUND,
  },
  {
    name: "stock returned while the charge is open",
    story: "past its hold and grace an order expires, and the charge that is still running is not barred",
    changes: [
      {
        file: RUNNER,
        from: "return payment.void(expiresAt, ref)",
        to: `return Effect.succeed({ _tag: "Voided" })`,
      },
    ],
    caughtBy: "I14 money is what orders owe",
    seedsMax: ONE_ROUND,
  },
  {
    name: "barred before it is given up",
    story:
      "what is kept is let go while the owner may still record that it is kept: the buyer is answered that the order is paid",
    changes: [{ file: RULES, from: `? { _tag: "GiveUp" } :`, to: `? { _tag: "Void" } :` }],
    caughtBy: "barred only when it is decided",
    seedsMax: ONE_ROUND,
  },
  {
    name: "cancelled but charged",
    story: "a paid order is cancelled, and no refund is due",
    changes: [
      { file: ORDER, from: `reason: command.reason, refund: "due" }`, to: `reason: command.reason, refund: "none" }` },
    ],
    caughtBy: "I14 money is what orders owe",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a refund that is forgotten",
    story: "that it was given back is recorded, and the provider is not asked for it",
    changes: [
      {
        file: RUNNER,
        from: "return payment.refund(expiresAt + LATER_MS, ref, money, Checkout.refundKey(key))",
        to: `return Effect.succeed({ _tag: "Refunded" })`,
      },
    ],
    caughtBy: "I14 money is what orders owe",
    seedsMax: ONE_ROUND,
  },
  {
    name: "refunded twice",
    story: "a refund whose answer was lost is asked for again as another one",
    changes: [
      { file: RUNNER, from: "ref, money, Checkout.refundKey(key))", to: "ref, money, `${key}:${refunds++}`)" },
      { file: RUNNER, from: "const ask = (", to: "let refunds = 0\nconst ask = (" },
    ],
    caughtBy: "I14 money is what orders owe",
    seedsMax: EIGHT_ROUNDS,
  },
  {
    name: "sent off unpaid",
    story: "the money that is kept for an order is not taken when it leaves",
    changes: [
      {
        file: "src/app/shipping-runner.ts",
        from: "yield* deps.checkout.capture(order)",
        to: `yield* Effect.succeed({ _tag: "Taken", order })`,
      },
    ],
    caughtBy: "I14 money is what orders owe",
    seedsMax: ONE_ROUND,
  },
  {
    name: "kept for ever",
    story: "what is kept of the money of a cancelled order is recorded as given back, and is not let go",
    changes: [
      {
        file: RUNNER,
        from: "return payment.void(expiresAt + LATER_MS, ref)",
        to: `return Effect.succeed({ _tag: "Voided" })`,
      },
    ],
    caughtBy: "I14 money is what orders owe",
    seedsMax: ONE_ROUND,
  },
  {
    name: "an action taken for a charge",
    story: "the buyer is asked to act, and the order counts as paid; some never do",
    changes: [
      {
        file: "src/domain/checkout.ts",
        from: `      const open = order.status === "reserved" ? order.attempt : null\n`,
        to: `      const open = order.status === "reserved" ? order.attempt : null\n      if (open !== null) return RECORD_CHARGE\n`,
      },
    ],
    caughtBy: "I14 money is what orders owe",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a buyer who never acts",
    story: "one who is asked to act keeps the goods until they do, without an end",
    changes: [
      {
        file: "src/domain/checkout.ts",
        from: "order.attempt.action === null ? order.expiresAt + graceMs : order.expiresAt",
        to: "order.attempt.action === null ? order.expiresAt + graceMs : Number.POSITIVE_INFINITY",
      },
    ],
    caughtBy: "everything comes to an end",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a placed order answered as undecided",
    story:
      "when the outcome of a payment cannot be recorded, its buyer hears that nothing was decided: the order is placed",
    changes: [
      {
        file: RUNNER,
        from: 'unavailable(reason, "unknown", retryAfterSeconds)',
        to: 'unavailable(reason, "undecided", retryAfterSeconds)',
      },
    ],
    caughtBy: "I4 answered when durable",
    seedsMax: EIGHT_ROUNDS,
  },
]
