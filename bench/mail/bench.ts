import type { FigureBook, WorkId } from "./figures.ts";
import type { Random } from "./random.ts";
import type { Sides } from "./sides.ts";
import type { Volume, VolumeSize } from "./volume.ts";

/** One run of the bench, as its parts see it. */
export interface Bench {
  readonly directory: string;
  /** Where file systems of its own have their images. */
  readonly images: string;
  readonly sides: Sides;
  readonly size: VolumeSize;
  readonly volume: Volume;
  /** The volume's root. */
  readonly source: string;
  readonly rounds: number;
  readonly random: Random;
  readonly book: FigureBook;
  measures(work: WorkId): boolean;
}
