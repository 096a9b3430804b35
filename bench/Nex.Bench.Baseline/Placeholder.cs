// The benchmarks start this program and measure what a native .NET program costs before it does anything.
return 0;
