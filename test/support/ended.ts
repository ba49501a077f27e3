/** Whatever service a test file has left running is killed when the file ends: its process goes on with other files. */
import { afterAll } from "vitest"
import { killAll } from "./service.ts"

afterAll(killAll)
