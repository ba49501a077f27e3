import { defineConfig } from "vitest/config"

/** Minutes, not seconds, each; or in need of foreign programs. They have a command of their own. */
const LONG = ["test/faults/**/*.test.ts", "test/linearizability/campaign.test.ts", "test/lab/**/*.test.ts"]
const WORLD = ["test/world/**/*.test.ts"]

const project = (name: string, include: ReadonlyArray<string>, exclude: ReadonlyArray<string> = []) => ({
  extends: true as const,
  test: { name, include: [...include], exclude: [...exclude] },
})

/** `npm test`, `npm run test:faults` and `npm run test:world`. */
export default defineConfig({
  test: {
    globalSetup: ["test/support/global-postgres.ts", "test/support/global-kafka.ts"],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      project("main", ["test/**/*.test.ts"], [...LONG, ...WORLD]),
      project("faults", LONG),
      project("world", WORLD),
    ],
  },
})
