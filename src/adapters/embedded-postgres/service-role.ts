/**
 * The role that the service works as: it owns the database and everything in it, and is no superuser. Its password lies in
 * the home folder; the superuser has none and cannot log in.
 *
 * Law: the password is written only when the role has it, so that a start that was killed in between does it all again. A
 * database that earlier versions made as the superuser's becomes the role's own.
 * Fails: EmbeddedUnusable.
 */
import { randomBytes } from "node:crypto"
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Binaries } from "./binaries.ts"
import { dataOf } from "./data-folder.ts"
import * as Program from "./program.ts"
import { EmbeddedUnusable } from "./unusable.ts"

const ROLE = "jaego"
const DATABASE = "postgres"

const passwordFileOf = (home: string): string => join(home, "service-password")

/** Where earlier versions kept the superuser's. */
const formerFileOf = (home: string): string => join(home, "password")

export const urlOf = (home: string, port: number): string =>
  `postgres://${ROLE}:${readFileSync(passwordFileOf(home), "utf8").trim()}@127.0.0.1:${port}/${DATABASE}`

/** Everything in the public schema that the superuser owns, kind by kind; indexes and columns' sequences go with their table. */
const ADOPT = `do $$ declare each text; begin
  for each in
    select format('alter %s %s owner to ${ROLE}',
      case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' else 'table' end, c.oid::regclass)
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relowner = 10 and c.relkind in ('r', 'p', 'v', 'm', 'S')
      and not exists (select from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
        and c.relkind = 'S')
    union all
    select format('alter routine %s owner to ${ROLE}', p.oid::regprocedure)
    from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proowner = 10
    union all
    select format('alter type %s owner to ${ROLE}', t.oid::regtype)
    from pg_type t left join pg_class c on c.oid = t.typrelid
    where t.typnamespace = 'public'::regnamespace and t.typowner = 10 and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c')
  loop execute each; end loop;
end $$`

/** While no server runs: statements are given to the programs themselves, which ask for no password. */
export const ensure = async (binaries: Binaries, place: Program.Place): Promise<void> => {
  const { home } = place
  if (existsSync(passwordFileOf(home))) return
  const password = randomBytes(18).toString("hex")
  await execute(binaries, place, [
    `do $$ begin create role ${ROLE}; exception when duplicate_object then null; end $$`,
    `alter role ${ROLE} login nosuperuser password '${password}'`,
    `alter database ${DATABASE} owner to ${ROLE}`,
    ADOPT,
    "alter role postgres password null",
  ])
  const unfinished = `${passwordFileOf(home)}.unfinished`
  rmSync(unfinished, { force: true })
  writeFileSync(unfinished, `${password}\n`, { mode: 0o600, flag: "wx" })
  renameSync(unfinished, passwordFileOf(home))
  rmSync(formerFileOf(home), { force: true })
}

/** As the superuser, one statement after another, on a database that no server has open. */
export const execute = async (
  binaries: Binaries,
  place: Program.Place,
  statements: ReadonlyArray<string>,
): Promise<void> => {
  const { ok, said } = await Program.run(
    {
      program: binaries.postgres,
      // `-j`: a statement ends at a semicolon and an empty line.
      flags: (data) => ["--single", "-j", "-D", data, "-c", "exit_on_error=on", DATABASE],
      data: dataOf(place.home),
      ...place,
    },
    statements.map((each) => `${each};\n\n`).join(""),
  )
  if (!ok)
    throw new EmbeddedUnusable({
      message: `the embedded Postgres under ${place.home} refuses: ${Program.reasonIn(said)}`,
    })
}
