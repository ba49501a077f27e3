/** The campaigns of the proof, and how often each does its worst: what `npm run proof` reaches when nothing is said. */

import * as BackendTermination from "../faults/backend-termination.ts"
import type { Findings, Options } from "../faults/campaign.ts"
import * as Crash from "../faults/crash.ts"
import * as EmbeddedTrouble from "../faults/embedded-trouble.ts"
import * as FrozenOwner from "../faults/frozen-owner.ts"
import * as HandOver from "../faults/hand-over.ts"
import * as KafkaOutage from "../faults/kafka-outage.ts"
import * as LeaseLoss from "../faults/lease-loss.ts"
import * as PaymentTrouble from "../faults/payment-trouble.ts"
import * as PostgresTrouble from "../faults/postgres-trouble.ts"
import * as Silence from "../faults/silence.ts"
import * as TwoOwners from "../faults/two-owners.ts"
import * as WorkerDeath from "../faults/worker-death.ts"
import * as Linearizability from "../linearizability/campaign.ts"

export interface Part {
  readonly name: string
  readonly run: (options: Options) => Promise<Findings>
  /** Times, with one inventory thread and with three. */
  readonly times: Readonly<Record<1 | 3, number>>
}

/** Seeds of the simulation, and of the same over a shop with tiny limits. */
export const SEEDS = { roomy: 10_000, cramped: 2_000 }

export const PARTS: ReadonlyArray<Part> = [
  { name: "crash", run: Crash.run, times: { 1: 100, 3: 100 } },
  { name: "worker-death", run: WorkerDeath.run, times: { 1: 50, 3: 50 } },
  { name: "backend-termination", run: BackendTermination.run, times: { 1: 100, 3: 100 } },
  { name: "frozen-owner", run: FrozenOwner.run, times: { 1: 25, 3: 25 } },
  { name: "two-owners", run: TwoOwners.run, times: { 1: 20, 3: 20 } },
  { name: "hand-over", run: HandOver.run, times: { 1: 10, 3: 10 } },
  { name: "lease-loss", run: LeaseLoss.run, times: { 1: 50, 3: 50 } },
  { name: "postgres-trouble", run: PostgresTrouble.run, times: { 1: 18, 3: 9 } },
  { name: "embedded-trouble", run: EmbeddedTrouble.run, times: { 1: 4, 3: 4 } },
  { name: "silence", run: Silence.run, times: { 1: 3, 3: 3 } },
  // Of each fault: some five minutes.
  { name: "payment-trouble", run: PaymentTrouble.run, times: { 1: 1_000, 3: 1_000 } },
  // A minute each.
  { name: "kafka-outage", run: KafkaOutage.run, times: { 1: 3, 3: 2 } },
  { name: "linearizability", run: Linearizability.run, times: { 1: 10, 3: 10 } },
]
