-- Who this is among the shops that share a broker: minted once, and the same for every process on this database.
create table shop (
  one boolean primary key default true check (one),
  id  uuid not null default gen_random_uuid()
);

insert into shop default values;
