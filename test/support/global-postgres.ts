/** One Postgres for the whole test run; `freshDatabase` (in `postgres.ts`) gives a database on it. */
import type { TestProject } from "vitest/node"
import { startServer } from "./database-server.ts"

declare module "vitest" {
  interface ProvidedContext {
    readonly postgresUrl: string
  }
}

export const setup = async (project: TestProject) => {
  const server = await startServer()
  project.provide("postgresUrl", server.url)
  return server.stop
}
