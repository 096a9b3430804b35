namespace Nex.ProcessManager.Launchers.Spawning.SystemCalls;

/// <summary>Something that is asked about a system call.</summary>
internal abstract record FilterCondition
{
    /// <param name="otherwise">How many instructions behind its own are skipped when it does not hold.</param>
    internal abstract IEnumerable<BpfInstruction> Compile(int otherwise);

    /// <summary>Where <c>struct seccomp_data</c> has an argument. Its lower half comes first.</summary>
    private static uint ArgumentAt(int index) => 16 + ((uint)index * 8);

    /// <summary>Whether the call is one of these.</summary>
    internal sealed record Number(IReadOnlyList<uint> Values) : FilterCondition
    {
        internal override IEnumerable<BpfInstruction> Compile(int otherwise) => [BpfInstruction.Load(0), .. AnyOf(Values, otherwise)];
    }

    /// <summary>Whether its number is above this one.</summary>
    internal sealed record NumberAbove(uint Value) : FilterCondition
    {
        internal override IEnumerable<BpfInstruction> Compile(int otherwise) => [BpfInstruction.Load(0), BpfInstruction.IfAbove(Value, 0, otherwise)];
    }

    /// <summary>
    /// Whether an argument that the kernel takes as 32 bits is one of these. Its upper half is not looked at, because the kernel does not either:
    /// a rule that asked for zeros there would not know the same value with other bits above.
    /// </summary>
    internal sealed record Argument(int Index, params IReadOnlyList<uint> Values) : FilterCondition
    {
        /// <summary>The bits that are compared.</summary>
        internal uint Mask { get; init; } = uint.MaxValue;

        internal override IEnumerable<BpfInstruction> Compile(int otherwise) =>
        [
            BpfInstruction.Load(ArgumentAt(Index)),
            .. Mask == uint.MaxValue ? [] : new[] { BpfInstruction.And(Mask) },
            .. AnyOf(Values, otherwise),
        ];
    }

    /// <summary>Whether an argument has any of these of its 64 bits.</summary>
    internal sealed record ArgumentBits(int Index, ulong Mask) : FilterCondition
    {
        internal override IEnumerable<BpfInstruction> Compile(int otherwise)
        {
            uint lower = ArgumentAt(Index);
            return
            [
                BpfInstruction.Load(lower),
                BpfInstruction.IfAnyBit((uint)Mask, 2, 0),
                BpfInstruction.Load(lower + 4),
                BpfInstruction.IfAnyBit((uint)(Mask >> 32), 0, otherwise),
            ];
        }
    }

    /// <summary>Falls through to what is behind them all when what was loaded is one of these.</summary>
    private static IEnumerable<BpfInstruction> AnyOf(IReadOnlyList<uint> values, int otherwise)
    {
        int last = values.Count - 1;
        return values.Select((value, index) => BpfInstruction.IfEqual(value, last - index, index == last ? otherwise : 0));
    }
}
