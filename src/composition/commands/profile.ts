/** `jaego profile`: takes a profile of a running service into a file (`POST /v1/admin/profiles`). */
import { createWriteStream } from "node:fs"
import { basename } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { ReadableStream } from "node:stream/web"
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { CommandFailed } from "../../adapters/cli/command-failed.ts"
import { whole } from "../../adapters/cli/flags.ts"
import { printable } from "../../adapters/cli/printable.ts"
import { KINDS, SECONDS_MAX } from "../../ports/profiler.ts"
import { url } from "./options.ts"

/** Beyond the time that the processor is watched (ms): a large heap takes seconds to write. */
const PATIENCE_MS = 60_000

/** A file that is there already is not overwritten. */
const EXCLUSIVE = "wx"

const nameOf = (response: Response): string =>
  basename(/filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? "jaego.profile")

const ask = async (address: string, body: object, out: string | null, waitMs: number): Promise<string> => {
  const response = await fetch(new URL("/v1/admin/profiles", address), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(waitMs),
  })
  if (!response.ok || response.body === null) {
    const { detail, title } = (await response.json().catch(() => ({}))) as Record<string, unknown>
    throw new Error(`${response.status} ${detail ?? title ?? ""}`)
  }
  const file = out ?? nameOf(response)
  await pipeline(
    Readable.fromWeb(response.body as ReadableStream),
    createWriteStream(file, { flags: EXCLUSIVE, mode: 0o600 }),
  )
  return file
}

export const profile = Command.make(
  "profile",
  {
    url,
    kind: Flag.Literals("kind", KINDS).pipe(
      Flag.withDescription("`cpu`: where the time goes; `heap`: what is kept in memory (the thread stops meanwhile)"),
      Flag.withDefault("cpu" as const),
    ),
    thread: Flag.String("thread").pipe(
      Flag.withDescription("`main`, `worker-0`, `facts`, `http-0`, ..."),
      Flag.withDefault("main"),
    ),
    seconds: whole("seconds", 1, SECONDS_MAX).pipe(
      Flag.withDescription("How long the processor is watched"),
      Flag.withDefault(10),
    ),
    out: Flag.String("out").pipe(
      Flag.withDescription("The file; without it one that is named by thread and time"),
      Flag.optional,
    ),
  },
  Effect.fnUntraced(function* ({ kind, out, seconds, thread, url }) {
    const asked = () => ask(url, { kind, thread, seconds }, Option.getOrNull(out), seconds * 1_000 + PATIENCE_MS)
    const file = yield* Effect.tryPromise({
      try: asked,
      catch: (cause) => new CommandFailed({ message: `no profile: ${printable((cause as Error).message)}` }),
    })
    yield* Console.log(`${file}: open it in the developer tools of a browser (Performance, or Memory)`)
  }),
).pipe(Command.withDescription("See where a running service spends its time, or what it keeps in memory"))
