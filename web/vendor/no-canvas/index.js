throw new Error("The native canvas is not part of this build.");
