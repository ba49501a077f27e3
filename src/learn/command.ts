/** `jaego learn` and `jaego quiz`: the lessons of the guide as programs, each of which goes wrong without its cure and holds with it. */
import { createInterface } from "node:readline/promises"
import { Console, Effect, Option } from "effect"
import { Argument, Command } from "effect/cli"
import { CommandFailed } from "../adapters/cli/command-failed.ts"
import { Databases } from "../lab/databases.ts"
import type { Lesson, Stage } from "./lesson.ts"
import { LESSONS } from "./lessons.ts"
import * as Quiz from "./quiz.ts"

const list = LESSONS.map(({ name, title }, index) => `${String(index + 1).padStart(3)}  ${name.padEnd(14)} ${title}`)

/** In place of a name. */
const ALL = "all"

const failed = (cause: unknown) =>
  new CommandFailed({ message: cause instanceof Error ? cause.message : String(cause) })

const asked = async (question: string): Promise<string> => {
  const reader = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return await reader.question(question)
  } finally {
    reader.close()
  }
}

/** A PostgreSQL for as long as the lesson lasts, if it wants one. */
const stage = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      let opening: Promise<Databases> | null = null
      return {
        get: () => (opening ??= Databases.open()),
        close: async () => {
          if (opening !== null) await (await opening).close()
        },
      }
    }),
    ({ close }) => Effect.promise(() => close().catch(() => undefined)),
  ),
  ({ get }): Stage => ({
    print: (line) => void process.stdout.write(`${line}\n`),
    database: async () => {
      const databases = await get()
      return databases.urlOf(await databases.copy("template0"))
    },
    ...(process.stdin.isTTY ? { ask: asked } : {}),
  }),
)

/** A lesson that does not show what it is about is broken, and says so. */
const take = (lesson: Lesson) =>
  Effect.gen(function* () {
    yield* Console.log(`${lesson.title}\n`)
    const place = yield* stage
    const { failed: wrong, held } = yield* Effect.tryPromise({ try: () => lesson.run(place), catch: failed })
    yield* Console.log(
      `\nwithout the cure it ${wrong ? "went wrong" : "held"}, with it ${held ? "it held" : "it went wrong"}`,
    )
    yield* Console.log(`read on: ${lesson.page}`)
    if (!(wrong && held)) return yield* new CommandFailed({ message: `${lesson.name} did not show what it is to show` })
  }).pipe(Effect.scoped)

const learn = Command.make(
  "learn",
  {
    lesson: Argument.String("lesson").pipe(
      Argument.withDescription("Number or name, or `all` of them one after another; without it they are listed"),
      Argument.optional,
    ),
  },
  Effect.fnUntraced(function* ({ lesson }) {
    if (Option.isNone(lesson)) return yield* Console.log(`${list.join("\n")}\n\nnpx jaego learn race`)
    if (lesson.value === ALL) {
      const begun = performance.now()
      for (const each of LESSONS) yield* take(each)
      return yield* Console.log(`\n${LESSONS.length} lessons in ${Math.round((performance.now() - begun) / 1_000)} s`)
    }
    const found = LESSONS[Number(lesson.value) - 1] ?? LESSONS.find(({ name }) => name === lesson.value)
    if (found === undefined)
      return yield* new CommandFailed({ message: `there is no lesson ${lesson.value}; \`jaego learn\` lists them` })
    yield* take(found)
  }),
).pipe(Command.withDescription("See it go wrong, and then hold: a program for each lesson of docs/guide"))

export const commands = [learn, Quiz.command] as const
