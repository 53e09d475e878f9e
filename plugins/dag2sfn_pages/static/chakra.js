// Chakra UI is Airflow's own, which gives it to plugins from 3.2 on. In 3.1 a stand-in takes its place.

export const ChakraUI = globalThis.ChakraUI ?? (await import("./chakra_stand_in.js")).ChakraUI;
