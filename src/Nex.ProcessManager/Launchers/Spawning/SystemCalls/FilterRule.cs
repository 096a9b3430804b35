using System.Runtime.InteropServices;

namespace Nex.ProcessManager.Launchers.Spawning.SystemCalls;

/// <summary>What becomes of system calls. Of the rules that a call meets, the first one decides.</summary>
internal sealed record FilterRule
{
    /// <summary>The calls that it is about; empty for all.</summary>
    internal IReadOnlyList<SystemCall> Calls { get; init; } = [];

    /// <summary>What must hold besides.</summary>
    internal IReadOnlyList<FilterCondition> When { get; init; } = [];

    internal required uint Verdict { get; init; }

    internal IReadOnlyList<BpfInstruction> Compile(Architecture architecture)
    {
        uint[] numbers = [.. Calls.Select(call => call.NumberOn(architecture)).OfType<uint>()];
        if (Calls.Count > 0 && numbers.Length == 0)
        {
            return [];
        }

        // From its end, where it is known how much is left to skip.
        List<BpfInstruction> program = [BpfInstruction.Return(Verdict)];
        IEnumerable<FilterCondition> conditions = numbers.Length > 0 ? [new FilterCondition.Number(numbers), .. When] : When;
        foreach (FilterCondition condition in conditions.Reverse())
        {
            program.InsertRange(0, condition.Compile(otherwise: program.Count));
        }

        return program;
    }
}
