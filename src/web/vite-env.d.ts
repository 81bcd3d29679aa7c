/// <reference types="vite/client" />

/** What the client needs to know of every entity type, put in by vite.config.ts from the domain. */
declare const ENTITY_TYPES: readonly import('./records/type-facts.ts').TypeFacts[];
