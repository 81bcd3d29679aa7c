/** A program that ends at once: its process id is one of nobody. */
export {};
