import { join, relative } from "node:path"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** The processes and threads that tests start share what was compiled: that is a third of a start's CPU. */
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules/.cache/compile")

/** The real service under load, stopped, killed, started again and hurt in other ways, or its provider is. */
const CAMPAIGNS = [
  ...["cached-lists", "cached-products", "crowd-arrives"],
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
  ...["product-edits", "takeover", "views"],
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
/** Searches without an end (`test/support/runs.ts`): `npm test` runs them too, for some seconds each. */
const SEARCHES = [
  "test/inventory/{commands,interleavings,model,model-postgres,scheduler}.test.ts",
  "test/simulation/{cramped,simulate}.test.ts",
  "test/learn/red.test.ts",
  "test/service/hot-product.test.ts",
]
const WORLD = ["test/world/**/*.test.ts", "test/adapters/kafka/operators.test.ts"]

/**
 * Files that take longest, begun first: none of them is left alone at the end while the other cores are idle. Those that mostly wait
 * stand between those that need the processor.
 */
const LONGEST: ReadonlyArray<string> = [
  ...["service/payment", "service/hot-product", "adapters/http/imports", "service/audit", "service/shipping"],
  ...["service/events", "adapters/postgres/transactional-inventory", "service/start", "adapters/payment/providers"],
  ...["adapters/postgres/inventory", "adapters/redis/broken", "cli/import", "service/profile", "cli/verification"],
  ...["service/trace", "service/http-threads", "service/explain", "adapters/postgres/audit", "learn/red"],
  ...["cli/dead-letters", "cli/command-line", "service/logs", "cli/doctor", "adapters/postgres/audit-cost"],
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

interface Files {
  readonly include: ReadonlyArray<string>
  readonly exclude?: ReadonlyArray<string>
  /** A process for each file. Importing costs more than most files of the quick suites take: theirs share processes. */
  readonly isolate: boolean
  /** A test that takes so long (ms) hangs: no verdict depends on how busy the machine is. */
  readonly patienceMs: number
  readonly env?: Readonly<Record<string, string>>
}

const project = (name: string, { env = {}, exclude = [], include, isolate, patienceMs }: Files) => ({
  extends: true as const,
  test: {
    ...{ name, include: [...include], exclude: [...exclude], isolate },
    ...{ env: { ...env }, testTimeout: patienceMs, hookTimeout: patienceMs },
  },
})

/** `npm test`, `npm run test:faults` and `npm run test:world`. */
export default defineConfig({
  test: {
    setupFiles: ["test/support/ended.ts"],
    globalSetup: ["test/support/global-postgres.ts", "test/support/global-kafka.ts"],
    // One more than the cores of a small machine: many tests wait most of the time.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      project("main", {
        ...{ include: ["test/**/*.test.ts"], exclude: [...LONG, ...WORLD] },
        ...{ isolate: false, patienceMs: 300_000 },
      }),
      project("faults", {
        ...{ include: [...LONG, ...SEARCHES], env: { JAEGO_SEARCH: "long" } },
        ...{ isolate: true, patienceMs: 1_200_000 },
      }),
      project("world", { include: WORLD, isolate: true, patienceMs: 300_000 }),
    ],
  },
})
