/** `jaego simulate carrier` and `jaego simulate payment`: what is outside of the company, as processes with faults. */
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { CommandFailed } from "../../adapters/cli/command-failed.ts"
import { whole } from "../../adapters/cli/flags.ts"
import * as Payment from "../../config/payment.ts"
import * as Shipping from "../../config/shipping.ts"
import { knobs } from "./options.ts"

const chance = (name: string, description: string) =>
  Flag.Finite(name).pipe(
    Flag.filter(
      (value) => value >= 0 && value <= 1,
      (value) => `a chance from 0 to 1, not ${value}`,
    ),
    Flag.withDescription(description),
    Flag.withDefault(0),
  )

const milliseconds = (name: string, fallback: number, description: string) =>
  whole(name, 0, 3_600_000).pipe(Flag.withDescription(`${description}, milliseconds`), Flag.withDefault(fallback))

const carrier = Command.make(
  "carrier",
  {
    port: whole("port", 0, 65_535).pipe(Flag.withDescription("0: any free one"), Flag.withDefault(3100)),
    callbacks: Flag.String("callbacks").pipe(
      Flag.withDescription(
        "Where to call back, signed with CARRIER_WEBHOOK_SECRET: http://127.0.0.1:3000/v1/carrier/callbacks",
      ),
      Flag.optional,
    ),
    collectAfterMs: milliseconds("collect-after", 1_000, "From the answer until it is collected"),
    deliverAfterMs: milliseconds("deliver-after", 2_000, "From then until it is delivered"),
    slow: chance("slow", "Chance of a slow answer"),
    errors: chance("errors", "Chance of a 500"),
    silences: chance("silences", "Chance that it takes nothing and says nothing"),
    lost: chance("lost", "Chance that it takes it and says nothing"),
    refusals: chance("refusals", "Chance of a refusal"),
    duplicates: chance("duplicates", "Chance that callbacks come twice and in the wrong order"),
  },
  Effect.fnUntraced(function* ({ callbacks, collectAfterMs, deliverAfterMs, port, ...faults }) {
    const to = Option.getOrNull(callbacks)
    if (to !== null && !URL.canParse(to))
      return yield* new CommandFailed({ message: "--callbacks must look like http://host:port/path" })
    const { webhookSecret } = yield* knobs(() => Shipping.read(process.env))
    const Simulator = yield* Effect.promise(() => import("../../adapters/carrier-simulator/server.ts"))
    const options = { port, faults, collectAfterMs, deliverAfterMs, callbacks: to, secret: webhookSecret ?? "" }
    const url = yield* Simulator.serve(options)
    yield* Console.log(`the carrier is ready at ${url}; start the service with CARRIER_URL=${url}`)
    return yield* Effect.never
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "A carrier with faults; a customer's name that ends with +refused, +down, +silent, +flaky, +late, +lost, +slow, +swift, +twice or +quiet shows each",
  ),
)

const payment = Command.make(
  "payment",
  {
    port: whole("port", 0, 65_535).pipe(Flag.withDescription("0: any free one"), Flag.withDefault(3200)),
    dialect: Flag.Literals("dialect", ["jaego", "stripe"]).pipe(
      Flag.withDescription("What it speaks: the protocol of docs/payment.md, or what Jaego uses of Stripe's"),
      Flag.withDefault("jaego" as const),
    ),
    callbacks: Flag.String("callbacks").pipe(
      Flag.withDescription(
        "Where to send news of what has changed, signed with PAYMENT_WEBHOOK_SECRET or STRIPE_WEBHOOK_SECRET",
      ),
      Flag.optional,
    ),
    webhooks: Flag.Literals("webhooks", ["normal", "duplicate", "late", "reordered", "none", "mixed"]).pipe(
      Flag.withDescription("How it is sent; mixed: each piece of news in the next of these ways, in turn"),
      Flag.withDefault("normal" as const),
    ),
    rate: whole("rate", 0, 1_000_000).pipe(
      Flag.withDescription("Requests a second, and 429 beyond them; 0: no limit"),
      Flag.withDefault(0),
    ),
    declines: chance("declines", "Chance of a decline"),
    actions: chance("actions", "Chance that the buyer has to act, and does a second later"),
    late: chance("late", "Chance that the charge is made after the caller has given up"),
    slow: chance("slow", "Chance of a slow answer"),
    errors: chance("errors", "Chance of a 500"),
    silences: chance("silences", "Chance that it does nothing and says nothing"),
    resets: chance("resets", "Chance that the connection breaks, and nothing was done"),
    lost: chance("lost", "Chance that it does it and says nothing"),
  },
  Effect.fnUntraced(function* ({ callbacks, dialect, port, rate, webhooks, ...faults }) {
    const to = Option.getOrNull(callbacks)
    if (to !== null && !URL.canParse(to))
      return yield* new CommandFailed({ message: "--callbacks must look like http://host:port/path" })
    const { webhookSecrets } = yield* knobs(() => Payment.read(process.env))
    const Simulator = yield* Effect.promise(() => import("../../adapters/payment-simulator/server.ts"))
    const { http, stripe } = webhookSecrets
    const [secret = ""] = dialect === "stripe" ? stripe : http
    const sending = { url: to, secret, manner: webhooks }
    const url = yield* Simulator.serve({ dialect, port, faults, rate, webhooks: sending })
    const settings =
      dialect === "stripe"
        ? `PAYMENT=stripe STRIPE_SECRET_KEY=sk_test_simulated STRIPE_API_BASE=${url}`
        : `PAYMENT=http PAYMENT_URL=${url}`
    yield* Console.log(`the payment provider is ready at ${url}; start the service with ${settings}`)
    return yield* Effect.never
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "A payment provider with faults; a customer's name that ends with +declined, +3ds, +late or +silent shows each",
  ),
)

export const simulate = Command.make("simulate").pipe(
  Command.withDescription("Play what is outside of the shop"),
  Command.withSubcommands([carrier, payment]),
)
