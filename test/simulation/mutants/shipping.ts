/** Mutants of shipping: on the way from a paid order to the carrier, and back when it will not go. */

import { STORABLE } from "../database.ts"
import { CERTAIN } from "../shipping-judge.ts"
import { FOUR_ROUNDS, type Mutant, ONE_ROUND } from "./load.ts"

const RUNNER = "src/app/shipping-runner.ts"
const SHIPPING = "src/domain/shipping.ts"

export const SHIPPING_MUTANTS: ReadonlyArray<Mutant> = [
  {
    name: "a new shipment key on every attempt",
    story: "asking the carrier again asks for another parcel",
    changes: [{ file: RUNNER, from: "    key: id,\n", to: "    key: deps.nextId() as typeof id,\n" }],
    caughtBy: "one shipment per paid order",
    seedsMax: ONE_ROUND,
  },
  {
    name: "compensation without the carrier's word",
    story: "a carrier that was given up is not asked to bar the parcel; it may ship it yet",
    changes: [
      {
        file: RUNNER,
        from: "const called = deps.carrier.cancel(order.id)",
        to: `const called = Effect.succeed("cancelled" as "cancelled" | "shipped" | "unknown")`,
      },
    ],
    caughtBy: CERTAIN,
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "a silence of the carrier taken for a refusal",
    story: "no answer in time, so it does not want it: the order is cancelled while its parcel may be on its way",
    changes: [
      {
        file: RUNNER,
        from: "return yield* save(deps, [Shipping.unanswered(shipment, said.code)])",
        to: "return yield* compensate(deps, Shipping.refused(shipment, said.code))",
      },
    ],
    caughtBy: CERTAIN,
    seedsMax: ONE_ROUND,
  },
  {
    name: "a refusal that is not made good",
    story: "the shipment is closed when the carrier will not have it; the buyer keeps waiting, and has paid",
    changes: [
      {
        file: RUNNER,
        from: "return yield* compensate(deps, Shipping.refused(shipment, said.reason))",
        to: `return yield* save(deps, [Shipping.refused(shipment, said.reason), Shipping.close(shipment, "cancelled")])`,
      },
    ],
    caughtBy: "what is not shipped is made good",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "an attempt that is not taken up",
    story: "the journal does not say when to look again: a process that dies, or gets no answer, leaves it for ever",
    changes: [
      { file: SHIPPING, from: "    nextAttemptAt: now + askAgainMs(attempts),\n", to: "    nextAttemptAt: null,\n" },
    ],
    caughtBy: "shipping comes to an end",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "a carrier's reason is taken as it comes",
    story: "what it says goes into the commit of the order, and the database refuses that, each time it is tried",
    changes: [
      {
        file: "src/app/carrier-calls.ts",
        from: "return { ...said, reason: Text.clean(said.reason, REASON_MAX) }",
        to: "return said",
      },
    ],
    caughtBy: STORABLE,
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "a tracking id is taken as it comes",
    story: "the shipment that the carrier has taken cannot be saved, nor what it calls back with",
    changes: [
      {
        file: "src/app/carrier-calls.ts",
        from: "return { ...said, trackingId: Text.clean(said.trackingId, TRACKING_ID_MAX) }",
        to: "return said",
      },
    ],
    caughtBy: STORABLE,
    seedsMax: ONE_ROUND,
  },
]
