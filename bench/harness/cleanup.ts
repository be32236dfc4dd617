type Ending = () => Promise<void> | void;

/** What was started and must be ended, last first, however the run ends. */
const endings: Ending[] = [];

/** Answers a function that ends it now. */
export function onEnd(ending: Ending): () => Promise<void> {
  endings.push(ending);
  return async () => {
    const at = endings.indexOf(ending);
    if (at < 0) return;
    endings.splice(at, 1);
    await ending();
  };
}

export async function endAll(): Promise<void> {
  for (let ending = endings.pop(); ending !== undefined; ending = endings.pop()) {
    try {
      await ending();
    } catch (error) {
      process.stderr.write(`bench: while ending: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}
