/// <reference types="vite/client" />

/** Names of the entity types that the timeline shows, put in by vite.config.ts from the domain. */
declare const TIMELINE_TYPES: readonly string[];
