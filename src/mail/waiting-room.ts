/**
 * Where messages that are brought back wait on old until they take their places: below the mail root, so that they are on
 * its file system. All that lies in it lies elsewhere too.
 */
export const waitingRoom = ".mailferry-merge";
