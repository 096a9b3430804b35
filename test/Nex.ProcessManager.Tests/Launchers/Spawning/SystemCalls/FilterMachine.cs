using System.Buffers.Binary;

namespace Nex.ProcessManager.Tests.Launchers.Spawning.SystemCalls;

/// <summary>Runs a filter of system calls as the kernel does.</summary>
internal static class FilterMachine
{
    /// <returns>What the kernel would do with the call.</returns>
    internal static uint Run(byte[] program, uint architecture, uint number, params ulong[] arguments)
    {
        byte[] call = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(call, number);
        BinaryPrimitives.WriteUInt32LittleEndian(call.AsSpan(4), architecture);
        for (int index = 0; index < arguments.Length; index++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(call.AsSpan(16 + (8 * index)), arguments[index]);
        }

        uint accumulator = 0;
        for (int counter = 0; ; counter++)
        {
            ReadOnlySpan<byte> instruction = program.AsSpan(counter * 8, 8);
            uint value = BinaryPrimitives.ReadUInt32LittleEndian(instruction[4..]);
            bool holds;
            switch (BinaryPrimitives.ReadUInt16LittleEndian(instruction))
            {
                case 0x20:
                    accumulator = BinaryPrimitives.ReadUInt32LittleEndian(call.AsSpan((int)value));
                    continue;
                case 0x54:
                    accumulator &= value;
                    continue;
                case 0x06:
                    return value;
                case 0x15:
                    holds = accumulator == value;
                    break;
                case 0x25:
                    holds = accumulator > value;
                    break;
                case 0x45:
                    holds = (accumulator & value) != 0;
                    break;
                default:
                    throw new InvalidOperationException($"Instruction {counter} is none that this machine knows.");
            }

            counter += instruction[holds ? 2 : 3];
        }
    }
}
