import { join, relative } from "node:path"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** The processes and threads that tests start share what was compiled: that is a third of a start's CPU. */
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules/.cache/compile")

/** The real service under load, stopped, killed, started again and hurt in other ways, or its provider is. */
const CAMPAIGNS = [
  ...[
    "defaults",
    "drain",
    "facts",
    "frozen-database",
    "http-thread-deaths",
    "hung-up",
    "hung-worker",
    "imports",
    "life",
    "pause",
  ],
  ...[
    "payment-backlog",
    "payment-on-shipment",
    "payment-restarts",
    "reconciliation",
    "relay",
    "replay",
    "shipping-faults",
    "stock-stream",
  ],
  ...["takeover", "views"],
]

/** Minutes, not seconds, in all; or in need of foreign programs. They have a command of their own. */
const LONG = [
  "test/faults/**/*.test.ts",
  `test/service/{${CAMPAIGNS}}.test.ts`,
  "test/adapters/embedded-postgres/server.test.ts",
  "test/linearizability/campaign.test.ts",
  "test/simulation/sabotage.test.ts",
  "test/support/postgres-proxy.test.ts",
  "test/cli/many-dead-letters.test.ts",
  "test/learn/lessons.test.ts",
  "test/lab/lab.test.ts",
  "test/bench/**/*.test.ts",
]
const WORLD = ["test/world/**/*.test.ts", "test/adapters/kafka/operators.test.ts"]

/** Files that take longest, in that order: begun first, none of them is left alone at the end while the other cores are idle. */
const LONGEST: ReadonlyArray<string> = [
  ...["adapters/postgres/inventory", "adapters/redis/guards", "adapters/threads/http", "adapters/prometheus/alerts"],
  ...["adapters/embedded-postgres/service-role", "adapters/postgres/transactional-inventory", "simulation/simulate"],
  ...["faults/seeds", "simulation/sabotage", "lab/lab", "bench/bench", "learn/lessons", "service/facts"],
  ...["service/replay", "faults/payment-trouble", "faults/crash", "linearizability/campaign", "faults/kafka-trouble"],
]

class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const place = ({ moduleId }: TestSpecification): number => {
      const name = relative(join(import.meta.dirname, "test"), moduleId).replaceAll("\\", "/")
      const index = LONGEST.indexOf(name.replace(/\.test\.ts$/, ""))
      return index === -1 ? LONGEST.length : index
    }
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other))
  }
}

const project = (name: string, include: ReadonlyArray<string>, exclude: ReadonlyArray<string> = []) => ({
  extends: true as const,
  test: { name, include: [...include], exclude: [...exclude] },
})

/** `npm test`, `npm run test:faults` and `npm run test:world`. */
export default defineConfig({
  test: {
    globalSetup: ["test/support/global-postgres.ts", "test/support/global-kafka.ts"],
    // One more than the cores of a small machine: many tests wait most of the time.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // They end what hangs: no verdict depends on how busy the machine is. Milliseconds.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      project("main", ["test/**/*.test.ts"], [...LONG, ...WORLD]),
      project("faults", LONG),
      project("world", WORLD),
    ],
  },
})
