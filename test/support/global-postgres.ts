/**
 * One Postgres for the whole test run, started when the first test asks for it; `freshDatabase` (in `postgres.ts`) gives a database
 * on it.
 */
import type { TestProject } from "vitest/node"
import { startServer } from "./database-server.ts"
import * as Door from "./door.ts"

declare module "vitest" {
  interface ProvidedContext {
    readonly postgresDoor: number
  }
}

export const setup = async (project: TestProject) => {
  const door = await Door.open(startServer, ({ url }) => ({ url }))
  project.provide("postgresDoor", door.port)
  return async () => (await door.close())?.stop()
}
