// Required before a controller whose clock can be moved (test/soak/clock.ts): what it starts has the machine's own time. Not all
// programs get on with the library: nsupdate waits for itself.
delete process.env.LD_PRELOAD;
delete process.env.NODE_OPTIONS;
